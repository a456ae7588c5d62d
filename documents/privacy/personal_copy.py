"""A copy of one's data: everything we hold of a person, for machines and for people to read (R9, R105)."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import IO, Any

from bson import ObjectId
from mongoengine import EmbeddedDocument, EmbeddedDocumentField, ListField

from documents.declaration.fields import Reference
from documents.declaration.record import Governed
from documents.exporting.sheets import harmless
from documents.lists.windows import joined
from documents.privacy.belonging import kinds_of_persons, of_person
from documents.storage.database import database
from documents.task import Kind, Task
from security.permissions import Action

BATCH = 500
OURS = frozenset({"hold_reason", "search", "version", "detached_at"})
"""Fields that say how we keep a record, and nothing of the person."""
FETCHED = "fetched_at"


def ask_for_copy(user: ObjectId, number: str, reason: str, now: datetime) -> Task:
    """Have a job build the copy; who asked for it can download it, once, until it expires."""
    asked = {"user": user}
    return Task.ask(
        Kind.PERSONAL_COPY, number, Action.EXPORT_PERSONAL, asked, now, about="users", reason=reason
    )


def take(task: Task, now: datetime) -> bool:
    """Tell whether this is the first who fetches the copy; there is no second time."""
    tasks = database()[Task.collection_name()]
    first = {"_id": task.pk, f"result.{FETCHED}": None}
    return bool(tasks.update_one(first, {"$set": {f"result.{FETCHED}": now}}).matched_count)


def write(user: ObjectId, file: IO[bytes], now: datetime) -> Iterator[int]:
    """Write the copy as one zip: data.json, a CSV a collection, and index.html to read and print.

    Yields how many records are in it so far. Columns are called as declared; what names members of
    staff is left out, since it is theirs.
    """
    done, page, data = 0, io.StringIO(), {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parcel:
        for kind in kinds_of_persons():
            rows = []
            for record in _records(kind, user):
                rows.append(_told(record))
                done += 1
                if done % BATCH == 0:
                    yield done
            if rows:
                name = kind.collection_name()
                data[name] = rows
                parcel.writestr(f"{name}.csv", _sheet(kind, rows))
                page.write(_section(kind, rows))
        said = {"made_at": now.isoformat(), "data": data}
        parcel.writestr("data.json", json.dumps(said, ensure_ascii=False, indent=2))
        parcel.writestr("index.html", PAGE.format(made_at=escape(now.isoformat()), body=page.getvalue()))
    yield done


def columns(kind: type[Governed]) -> dict[str, Any]:
    """The fields of which a person gets a copy."""
    return {
        name: field
        for name, field in kind._fields.items()
        if name != "id"
        and name not in OURS
        and not getattr(field, "internal", False)
        and not (isinstance(field, Reference) and field.kind == "staff")
    }


def _records(kind: type[Governed], user: ObjectId) -> Iterator[Governed]:
    after = None
    while True:
        where = of_person(kind, user)
        here = joined(where, {"_id": {"$gt": after}} if after else {})
        rows = list(database()[kind.collection_name()].find(here).sort("_id").limit(BATCH))
        if not rows:
            return
        records = [kind._from_son(row) for row in rows]
        records[0].open_together(records[1:])
        yield from records
        after = records[-1].pk


def _told(record: Governed) -> dict[str, Any]:
    return {
        name: value
        for name, field in columns(type(record)).items()
        if (value := _plain(getattr(record, name), field)) not in (None, "", [], {})
    }


def _plain(value: Any, field: Any = None) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, EmbeddedDocument):
        inner = {name: one for name, one in value._fields.items() if not getattr(one, "internal", False)}
        return {
            name: told
            for name, one in inner.items()
            if name != "by" and (told := _plain(getattr(value, name), one)) not in (None, "", [])
        }
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        inside = field.field if isinstance(field, ListField | EmbeddedDocumentField) else None
        return [_plain(item, inside) for item in value]
    return value


def _sheet(kind: type[Governed], rows: list[dict[str, Any]]) -> bytes:
    """A CSV with a byte-order mark and nothing that a spreadsheet takes for a formula."""
    names, text = list(columns(kind)), io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(names)
    sheet.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return harmless(value) if isinstance(value, str) else value


def _section(kind: type[Governed], rows: list[dict[str, Any]]) -> str:
    titles = {name: str(field.verbose_name or name) for name, field in columns(kind).items()}
    parts = [f"<h2>{escape(kind.policy.title)}</h2>"]
    for row in rows:
        facts = "".join(
            f"<dt>{escape(titles[name])}</dt><dd>{escape(_words(value))}</dd>" for name, value in row.items()
        )
        parts.append(f"<dl>{facts}</dl>")
    return "\n".join(parts)


def _words(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(_words(item) for item in value)
    return " · ".join(_words(item) for item in value.values()) if isinstance(value, dict) else str(value)


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>A copy of your data</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
dl{{border-top:1px solid #999;padding:.5rem 0;break-inside:avoid}}dt{{color:#555;font-size:.85em}}
dd{{margin:0 0 .4rem;white-space:pre-wrap}}</style>
<h1>A copy of your data</h1><p>Made at {made_at}. All times are in UTC.</p>
{body}
</html>
"""
