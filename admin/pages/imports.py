"""A file is brought in, step by step: handed in, its columns named, looked over, then imported."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bson import ObjectId
from flask import abort, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from admin.current_user import may
from admin.formatting import label_of
from admin.i18n import gettext as _
from admin.locale import in_every_language, time_zone
from admin.pages.page import Page
from documents.work import task_file
from documents.work.task import Task, TaskKind, TaskState
from exchange.importing import ImportRefused, RowError, parse_mapping, uploads
from exchange.importing.column_detection import Column
from exchange.importing.importable import importable, missing
from exchange.importing.mapping import LONGEST_SOURCE
from exchange.importing.mapping_builder import Reading, Words, guessed, proposed
from exchange.importing.preview import preview
from exchange.importing.references import referred
from exchange.importing.synonyms import KEY
from exchange.importing.uploads import LONGEST_NAME
from language.words import N_
from records.declaration.registry import by_collection
from security.actor import current_actor
from security.permissions import Action

SHOWN, FAULTS, SAMPLES = 8, 50, 3
ZONES = ("Asia/Shanghai", "Asia/Taipei", "Asia/Hong_Kong", "UTC")


class ImportPages(Page):
    """Records, to be brought in. What is prepared is a task that its asker has not started yet."""

    def list_actions(self) -> list[dict[str, Any]]:
        others = super().list_actions()
        if not self.may(Action.IMPORT):
            return others
        return [*others, {"label": _("Import"), "url": f"{self.home}import/"}]

    @expose("/import/", methods=("GET", "POST"))
    def import_view(self) -> str | Response | tuple[str, int]:
        """Take a file, and see whether it is a spreadsheet."""
        sent = request.files.get("file")
        problem = None
        if request.method == "POST":
            try:
                if not (sent and sent.filename):
                    raise ImportRefused(N_("Please choose a file."))
                name = Path(sent.filename.replace("\\", "/")).name[:LONGEST_NAME]
                title = _("Import: %(file)s", file=name)
                task = uploads.enqueue(self.kind, sent.save, name, title, datetime.now(UTC))
            except ImportRefused as error:
                problem = said(error.fault)
            else:
                return redirect(f"{self.home}import/columns/?id={task.pk}")
        title = _("Import: %(kind)s", kind=_(self.kind.policy.title))
        return self._import_step("import", {"title": title}, problem)

    @expose("/import/columns/", methods=("GET", "POST"))
    def import_columns_view(self) -> str | Response | tuple[str, int]:
        """Ask which column is what, with guesses."""
        task = self._import_under_way()
        with _file_of(task) as path:
            columns = uploads.columns(path)
        problem = None
        if request.method == "POST":
            try:
                mapping = self._mapping_answered(columns)
                parse_mapping(mapping)
            except ImportRefused as error:
                problem = said(error.fault)
            else:
                task.params = {**task.params, "mapping": mapping}
                task.save()
                return redirect(f"{self.home}import/preview/?id={task.pk}")
        return self._import_step("import_columns", self._columns_page(task, columns), problem)

    @expose("/import/preview/", methods=("GET", "POST"))
    def import_preview_view(self) -> str | Response | tuple[str, int]:
        """Show what would become of the first rows, and what is wrong with which; then start."""
        task = self._import_under_way()
        if "mapping" not in task.params:
            return redirect(f"{self.home}import/columns/?id={task.pk}")
        if request.method == "POST":
            task.start(datetime.now(UTC))
            return redirect(f"/admin/tasks/details/?id={task.pk}")
        with _file_of(task) as path:
            return self._import_step("import_preview", self._preview_page(task, path))

    # -- The steps -------------------------------------------------------------------------------

    def _import_step(
        self, template: str, page: dict[str, Any], problem: str | None = None
    ) -> str | tuple[str, int]:
        address = request.full_path.rstrip("?")
        answer = self.render_page(
            template, {"problem": problem, "action_url": address, "cancel_url": self.home, **page}
        )
        return (answer, 422) if problem else answer

    def _import_under_way(self) -> Task:
        """The task the address names, as long as it is its asker's, and not started."""
        text = request.args.get("id", "")
        task = Task.objects(pk=ObjectId(text)).first() if ObjectId.is_valid(text) else None
        if task is None or task.kind != TaskKind.IMPORT or task.about != self.kind.collection_name():
            abort(404)
        if task.asked_by != current_actor().id:
            abort(404)
        if task.state != TaskState.PREPARED:
            abort(redirect(f"/admin/tasks/details/?id={task.pk}"))
        return task

    def _targets(self) -> dict[str, str]:
        """What a column may become, by field; a reference only where the reader may pick what it refers to."""
        fields = {name: one for name, one in importable(self.kind).items() if name in self.kind._fields}
        return {KEY: _("Number there")} | {
            name: label_of(self.kind, name) for name, one in fields.items() if _may_fill(one)
        }

    def _mapping_answered(self, columns: list[Column]) -> dict[str, Any]:
        """What was answered, in the form of a mapping file. Raises `ImportRefused`."""
        open_to_reader = self._targets()
        answers = [request.form.get(f"to-{place}", "") for place, _column in enumerate(columns)]
        targets = [answer if answer in open_to_reader else "" for answer in answers]
        if lacking := missing(self.kind, set(targets)):
            field = label_of(self.kind, lacking[0])
            raise ImportRefused(N_("Please choose the column for “%(field)s”."), field=field)
        zone = request.form.get("zone", "")
        how = Reading(
            source=request.form.get("source", ""),
            zone=zone if zone in {*ZONES, time_zone()} else time_zone(),
            lenient=request.form.get("lenient") == "1",
        )
        return proposed(self.kind, columns, targets, self._words(), how)

    def _words(self) -> Words:
        return Words.of(self.kind, in_every_language())

    def _columns_page(self, task: Task, columns: list[Column]) -> dict[str, Any]:
        answered = request.method == "POST"
        targets = self._targets()
        guesses = [to if to in targets else "" for to in guessed(self.kind, columns, self._words())]
        return {
            "title": task.name,
            "lead": _("What stands in which column?"),
            "targets": list(targets.items()),
            "columns": [
                {
                    "name": column.name,
                    "samples": [text for text in column.samples if text.strip()][:SAMPLES],
                    "to": request.form.get(f"to-{place}", "") if answered else guesses[place],
                }
                for place, column in enumerate(columns)
            ],
            "source": request.form.get("source") or Path(task.params["name"]).stem[:LONGEST_SOURCE],
            "zones": list(dict.fromkeys([time_zone(), *ZONES])),
            "zone": request.form.get("zone") or time_zone(),
            "lenient": request.form.get("lenient") == "1",
        }

    def _preview_page(self, task: Task, path: Path) -> dict[str, Any]:
        mapping = parse_mapping(task.params["mapping"])
        found = preview(path, mapping, datetime.now(UTC))
        names = [rule.field for rule in mapping.rules if rule.field in self.kind._fields]
        first = [(reading.line, reading.record) for reading in found.new[:SHOWN]]
        display = self.display()
        display.prepare([_plain(record) for _line, record in first], names)
        return {
            "title": task.name,
            "lead": _("This is what would come in. Nothing is stored yet."),
            "rows_in_all": task.params["rows"],
            "looked_at": found.looked_at,
            "counts": [
                (_("would be added"), len(found.new)),
                (_("are here already"), found.unchanged),
                (_("would be rejected"), found.rejected),
            ],
            "columns": [label_of(self.kind, name) for name in names],
            "rows": [
                (
                    line,
                    [_short(display.plain(self.kind._fields[name], getattr(record, name))) for name in names],
                )
                for line, record in first
            ],
            "unread": list(found.unread),
            "faults": [(line, said(fault)) for line, fault in found.faults[:FAULTS]],
            "more_faults": max(len(found.faults) - FAULTS, 0),
            "remarks": [(line, said(remark)) for line, remark in found.remarks[:FAULTS]],
            "back_url": f"{self.home}import/columns/?id={task.pk}",
        }


@contextmanager
def _file_of(task: Task) -> Iterator[Path]:
    """The file that was handed in, for the time of a block."""
    try:
        with uploads.taken_out(task) as path:
            yield path
    except task_file.FileGone:
        abort(404)


def _may_fill(field: Any) -> bool:
    reference = referred(field)
    kind = by_collection(reference.kind) if reference else None
    return reference is None or bool(kind and may(Action.PICK, kind.policy.access))


def _plain(record: Any) -> dict[str, Any]:
    """What a record not stored yet refers to, as a stored row would have it."""
    return {one.db_field: record._data.get(name) for name, one in record._fields.items() if referred(one)}


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"


def said(fault: RowError) -> str:
    """A fault in the reader's words."""
    return fault.text(_)
