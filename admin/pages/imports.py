"""A file is brought in, step by step: handed in, its columns named, looked over, then imported."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from bson import ObjectId
from flask import abort, redirect, request
from flask_admin import expose
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.display import choice_words, label_of
from admin.language import LANGUAGES, time_zone
from admin.pages.page import Page
from documents.declaration.words import N_
from documents.importing import Fault, ImportRefused, guessing, mapping_of, upload
from documents.importing.guessing import KEY, Column
from documents.importing.mappingfile import importable
from documents.importing.rows import RowReader
from documents.importing.run import fresh, tell_apart
from documents.importing.table import opened
from documents.storage.passing_files import passing_folder
from documents.task import Kind, Task, TaskState
from documents.tickets.ticket import Ticket
from documents.work import task_file
from security.actor import acting
from security.permissions import Action

PREVIEWED = 1_000
SHOWN, FAULTS, SAMPLES = 8, 50, 3
ZONES = ("Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "UTC")
TYPES = {True: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False: "text/csv"}


class ImportPages(Page):
    """Records, to be brought in. What is prepared is a task that its asker has not started yet."""

    def list_actions(self) -> list[dict[str, Any]]:
        others = super().list_actions()
        if not (issubclass(self.kind, Ticket) and self.may(Action.IMPORT)):
            return others
        return [*others, {"label": _("Import"), "url": f"{self.home}import/"}]

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> str | Response | tuple[str, int]:
        """Take a file, and see whether it is a spreadsheet."""
        self._tickets()
        sent = request.files.get("file")
        problem = None
        if request.method == "POST":
            try:
                if sent and sent.filename:
                    return redirect(f"{self.home}import/columns/?id={self._import_prepared(sent).pk}")
                problem = _("Please choose a file.")
            except ImportRefused as error:
                problem = said(error.fault)
        page = self.render_page(
            "import",
            {
                "title": _("Import: %(kind)s", kind=_(self.kind.policy.title)),
                "problem": problem,
                "cancel_url": self.home,
            },
        )
        return (page, 422) if problem else page

    @expose("/import/columns/", methods=("GET", "POST"))
    def import_columns_view(self) -> str | Response | tuple[str, int]:
        """Ask which column is what, with guesses."""
        task = self._import_under_way()
        with _file_of(task) as path:
            columns = upload.columns(path)
        problem = None
        if request.method == "POST":
            try:
                mapping = self._mapping_answered(columns)
                mapping_of(mapping)
            except ImportRefused as error:
                problem = said(error.fault)
            else:
                task.asked = {**task.asked, "mapping": mapping}
                task.save()
                return redirect(f"{self.home}import/preview/?id={task.pk}")
        page = self.render_page("import_columns", self._import_columns(task, columns, problem))
        return (page, 422) if problem else page

    @expose("/import/preview/", methods=("GET", "POST"))
    def import_preview_view(self) -> str | Response:
        """Show what would become of the first rows, and what is wrong with which; then start."""
        task = self._import_under_way()
        if "mapping" not in task.asked:
            return redirect(f"{self.home}import/columns/?id={task.pk}")
        if request.method == "POST":
            task.start(datetime.now(UTC))
            return redirect(f"/admin/tasks/details/?id={task.pk}")
        with _file_of(task) as path:
            return self.render_page("import_preview", self._import_preview(task, path))

    # -- The steps -------------------------------------------------------------------------------

    def _tickets(self) -> type[Ticket]:
        if not issubclass(self.kind, Ticket):
            abort(404)
        return self.kind

    def _import_under_way(self) -> Task:
        """The task the address names, as long as it is its asker's, and not started."""
        self._tickets()
        text = request.args.get("id", "")
        task = Task.objects(pk=ObjectId(text)).first() if ObjectId.is_valid(text) else None
        if task is None or task.kind != Kind.IMPORT or task.about != self.kind.collection_name():
            abort(404)
        if task.asked_by != acting().id:
            abort(404)
        if task.state != TaskState.PREPARED:
            abort(redirect(f"/admin/tasks/details/?id={task.pk}"))
        return task

    def _import_prepared(self, sent: Any) -> Task:
        """Keep the file sealed, with a task to be. Raises `ImportRefused` for what is no spreadsheet."""
        name = Path(sent.filename.replace("\\", "/")).name[:200]
        with passing_folder() as folder:
            path = folder / "upload"
            sent.save(path)
            upload.check(path, name)
            with _in_its_name(name):
                upload.columns(path)
                with opened(path) as table:
                    rows = sum(1 for _row in table.rows)
            now = datetime.now(UTC)
            task = Task.ask(
                Kind.IMPORT,
                _("Import: %(file)s", file=name),
                Action.IMPORT,
                {"rows": rows, "name": name},
                now,
                about=self.kind.collection_name(),
                state=TaskState.PREPARED,
            )
            with path.open("rb") as file:
                task.file = task_file.keep(task, file, name, TYPES[name.lower().endswith(".xlsx")])
            task.save(now=now)
        return task

    def _mapping_answered(self, columns: list[Column]) -> dict[str, Any]:
        """What was answered, in the form of a mapping file. Raises `ImportRefused`."""
        kind, fields = self._tickets(), importable(self._tickets())
        chosen: dict[str, list[Column]] = {}
        for place, column in enumerate(columns):
            target = request.form.get(f"to-{place}", "")
            if target in {KEY, *fields}:
                chosen.setdefault(target, []).append(column)
        missing = [
            label_of(kind, name)
            for name, one in fields.items()
            if one.required and one.default is None and name not in chosen
        ]
        if missing:
            raise ImportRefused(N_("Please choose the column for “%(field)s”."), field=missing[0])
        lenient = request.form.get("lenient") == "1"
        every = [text for found in chosen.values() for column in found for text in column.samples]
        mapping: dict[str, Any] = {
            "into": kind.collection_name(),
            "source": request.form.get("source", "").strip()[:40] or "upload",
            "zone": zone if (zone := request.form.get("zone", "")) in {*ZONES, time_zone()} else time_zone(),
            "dates": guessing.date_forms(every),
            "fields": {
                name: _rule(kind, name, found, lenient=lenient)
                for name, found in chosen.items()
                if name != KEY
            },
        }
        return mapping | ({"key": chosen[KEY][0].name} if KEY in chosen else {})

    def _import_columns(self, task: Task, columns: list[Column], problem: str | None) -> dict[str, Any]:
        kind = self._tickets()
        answered = request.method == "POST"
        guesses = guessing.guess(kind, columns, _labels_in_all_languages(kind))
        return {
            "title": task.name,
            "lead": _("What stands in which column?"),
            "problem": problem,
            "targets": [
                (KEY, _("Number there")),
                *((name, label_of(kind, name)) for name in importable(kind) if name in kind._fields),
            ],
            "columns": [
                {
                    "name": column.name,
                    "samples": [text for text in column.samples if text.strip()][:SAMPLES],
                    "to": request.form.get(f"to-{place}", "") if answered else guesses[place],
                }
                for place, column in enumerate(columns)
            ],
            "source": request.form.get("source") or Path(task.asked["name"]).stem[:40],
            "zones": list(dict.fromkeys([time_zone(), *ZONES])),
            "zone": request.form.get("zone") or time_zone(),
            "lenient": request.form.get("lenient") == "1",
            "action_url": request.full_path,
            "cancel_url": self.home,
        }

    def _import_preview(self, task: Task, path: Path) -> dict[str, Any]:
        """What becomes of the first rows; nothing is stored."""
        mapping, now = mapping_of(task.asked["mapping"]), datetime.now(UTC)
        with opened(path) as table:
            reader = RowReader(mapping, table.header, now)
            rows = (reader.read(row) for row in islice(table.rows, PREVIEWED))
            readings = list(tell_apart(rows, mapping))
        good = [reading for reading in readings if reading.ticket is not None]
        new = fresh(good, mapping) if good else []
        names = [rule.field for rule in mapping.rules if rule.field in self.kind._fields]
        faults = [(reading.line, said(fault)) for reading in readings for fault in reading.faults]
        remarks = [(reading.line, said(remark)) for reading in good for remark in reading.remarks]
        return {
            "title": task.name,
            "lead": _("This is what would come in. Nothing is stored yet."),
            "rows_in_all": task.asked["rows"],
            "looked_at": len(readings),
            "counts": [
                (_("would be added"), len(new)),
                (
                    _("are here already"),
                    len(good) - len(new) + sum(not (one.ticket or one.faults) for one in readings),
                ),
                (_("would be rejected"), sum(bool(reading.faults) for reading in readings)),
            ],
            "columns": [label_of(self.kind, name) for name in names],
            "rows": [
                (reading.line, [self._previewed(name, getattr(reading.ticket, name)) for name in names])
                for reading in new[:SHOWN]
            ],
            "unread": list(reader.unread),
            "faults": faults[:FAULTS],
            "more_faults": max(len(faults) - FAULTS, 0),
            "remarks": remarks[:FAULTS],
            "action_url": request.full_path,
            "back_url": f"{self.home}import/columns/?id={task.pk}",
            "cancel_url": self.home,
        }

    def _previewed(self, name: str, value: Any) -> str:
        if isinstance(value, datetime):
            return self.display().moment(value)
        text = "" if value is None else choice_words(self.kind._fields[name]).get(value, str(value))
        return text if len(text) <= 80 else f"{text[:80]}…"


@contextlib.contextmanager
def _file_of(task: Task) -> Iterator[Path]:
    """The file that was handed in, for the time of a block."""
    with passing_folder() as folder:
        path = folder / "upload"
        try:
            with path.open("wb") as file:
                file.writelines(task_file.pieces(task))
        except task_file.FileGone:
            abort(404)
        yield path


@contextlib.contextmanager
def _in_its_name(name: str) -> Iterator[None]:
    """Let what is said of a file call it as its owner does."""
    try:
        yield
    except ImportRefused as error:
        if "file" in error.fault.values:
            raise ImportRefused(error.fault.message, **{**error.fault.values, "file": name}) from error
        raise


def said(fault: Fault) -> str:
    """A fault in the reader's words."""
    return fault.text(_)


def _labels_in_all_languages(kind: type[Ticket]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        with force_locale(language):
            for name in importable(kind):
                if name in kind._fields:
                    found.setdefault(name, set()).add(label_of(kind, name))
    return found


def _values_in_all_languages(one: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        with force_locale(language):
            for value, word in choice_words(one).items():
                found.setdefault(value, set()).add(word)
    return found


def _rule(kind: type[Ticket], name: str, columns: list[Column], *, lenient: bool) -> dict[str, Any]:
    if not guessing.is_choice(kind, name):
        return {"join": [one.name for one in columns]} if len(columns) > 1 else {"column": columns[0].name}
    one = kind._fields[name]
    words = {text.strip() for text in columns[0].samples if text.strip()}
    meanings = guessing.value_meanings({*words, *map(str, one.choices)}, _values_in_all_languages(one))
    rule: dict[str, Any] = {"column": columns[0].name, "values": meanings}
    if lenient and one.default is not None:
        rule["otherwise"] = str(one.default)
    return rule
