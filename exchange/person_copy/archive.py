"""A copy of one's data: everything we hold of a person, for machines and for people to read (R9, R105)."""

import csv
import json
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Self

from bson import ObjectId
from mongoengine import EmbeddedDocument, EmbeddedDocumentField, ListField

from documents.work.task import Task
from exchange.exporting.csv_and_xlsx import escape_formula
from exchange.person_copy.page import CopyPage
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.lists.index_selection import merge_conditions
from records.lists.reference_labels import labels
from records.storage.database import database
from records.subject_records import kinds_with_personal_data, owned_by

BATCH, PIECE, MOST_IN_MEMORY = 500, 256 * 1024, 4 * 1024 * 1024
OURS = frozenset({"hold_reason", "search", "version", "detached_at"})
"""Fields that say how we keep a record, and nothing of the person."""
FETCHED = "fetched_at"


def take(task: Task, now: datetime) -> bool:
    """Tell whether this is the first who fetches the copy; there is no second time."""
    tasks = database()[Task.collection_name()]
    first = {"_id": task.pk, f"result.{FETCHED}": None}
    return bool(tasks.update_one(first, {"$set": {f"result.{FETCHED}": now}}).matched_count)


def write(user: ObjectId, file: IO[bytes], now: datetime, language: str = "en") -> Iterator[int]:
    """Write the copy as one zip: data.json, a CSV a collection, and index.html to read and print, which
    alone is in the person's `language`.

    Yields how many records are in it so far; none is kept in memory for long. Columns are called as
    declared; what names members of staff is left out, since it is theirs.
    """
    done = 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as parcel, _Copy(parcel, now, language) as copy:
        for kind in kinds_with_personal_data():
            for records in _records(kind, user):
                copy.add(kind, records)
                done += len(records)
                if len(records) == BATCH:
                    yield done
    yield done


class _Copy:
    """The files of a copy while they are written, beside the parcel, which takes in one at a time."""

    def __init__(self, parcel: zipfile.ZipFile, now: datetime, language: str) -> None:
        self.parcel, self.page = parcel, CopyPage(language)
        self.data, self.sheet, self.html = _aside(), _aside(), _aside()
        self.kind: type[Governed] | None = None
        self.data.write(f'{{"made_at": {json.dumps(now.isoformat())}, "data": {{')
        self.html.write(self.page.head(now))

    def __enter__(self) -> Self:
        return self

    def add(self, kind: type[Governed], records: Sequence[Governed]) -> None:
        """More records; those of a kind come one after another. One query a collection that they name."""
        fields, names = columns(kind), labels(_named(kind, records))
        for record in records:
            comma = ", "
            if kind is not self.kind:
                comma = ""
                self._begin(kind)
            told = _told(record)
            self.data.write(comma + json.dumps(told, ensure_ascii=False))
            csv.writer(self.sheet).writerow([_cell(told.get(name)) for name in fields])
            self.html.write(self.page.record(record, fields, names))

    def _begin(self, kind: type[Governed]) -> None:
        comma = ", " if self.kind else ""
        self._end_kind()
        self.kind = kind
        self.data.write(f"{comma}{json.dumps(kind.collection_name())}: [")
        self.html.write(self.page.heading(kind))
        csv.writer(self.sheet).writerow(columns(kind))

    def _end_kind(self) -> None:
        if self.kind:
            self.data.write("]")
            self._store(f"{self.kind.collection_name()}.csv", self.sheet, mark="\ufeff")
            self.sheet.seek(0)
            self.sheet.truncate()

    def __exit__(self, problem: type[BaseException] | None, *_more: object) -> None:
        if problem is None:
            self._end_kind()
            self.data.write("}}")
            self.html.write(self.page.foot(empty=self.kind is None))
            self._store("data.json", self.data)
            self._store("index.html", self.html)
        for file in (self.data, self.sheet, self.html):
            file.close()

    def _store(self, name: str, text: IO[str], mark: str = "") -> None:
        """Take one file into the parcel; `mark` is what tells spreadsheets that it is UTF-8."""
        text.seek(0)
        with self.parcel.open(name, "w") as stored:
            stored.write(mark.encode())
            while piece := text.read(PIECE):
                stored.write(piece.encode())


def _aside() -> IO[str]:
    """Somewhere to write that is gone with the process; what is small never leaves the memory."""
    return SpooledTemporaryFile(MOST_IN_MEMORY, "w+", encoding="utf-8", newline="")


def columns(kind: type[Governed]) -> dict[str, Any]:
    """The fields of which a person gets a copy."""
    return {
        name: field
        for name, field in kind._fields.items()
        if name != "id"
        and name not in OURS
        and not getattr(field, "internal", False)
        and not (isinstance(field, ReferenceIdField) and field.kind == "staff")
    }


def _named(kind: type[Governed], records: Sequence[Governed]) -> dict[str, set[ObjectId]]:
    """What some records of a kind refer to."""
    named: dict[str, set[ObjectId]] = {}
    for name, field in columns(kind).items():
        if isinstance(field, ReferenceIdField):
            named.setdefault(field.kind, set()).update(pk for one in records if (pk := getattr(one, name)))
    return named


def _records(kind: type[Governed], user: ObjectId) -> Iterator[list[Governed]]:
    """The records of a kind that are about a person, in batches."""
    after = None
    while True:
        where = owned_by(kind, user)
        here = merge_conditions(where, {"_id": {"$gt": after}} if after else {})
        rows = list(database()[kind.collection_name()].find(here).sort("_id").limit(BATCH))
        if not rows:
            return
        records = [kind._from_son(row) for row in rows]
        records[0].prefetch_keys(records[1:])
        yield records
        after = records[-1].pk


def _told(record: Governed) -> dict[str, Any]:
    return {
        name: value
        for name, field in columns(type(record)).items()
        if (value := _plain(record.subject_copy_value(name), field)) not in (None, "", [], {})
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


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    return escape_formula(value) if isinstance(value, str) else value
