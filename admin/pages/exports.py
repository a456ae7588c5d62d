"""Records are taken out: which columns, in which form, and why where they are personal."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from bson import ObjectId
from flask import Response, abort, redirect, request
from flask_admin import expose
from flask_babel import format_decimal
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from admin.current_user import roles
from admin.formatting import choice_words, label_of
from admin.i18n import ngettext
from admin.locale import time_zone
from admin.pages.action_form import new_token
from admin.pages.list_model import Listing
from admin.pages.page import Page
from admin.tickets.downloads import attachment
from documents.privacy import restriction
from documents.work.task import Task, TaskKind
from exchange import exporting
from exchange.bulk.bulk_actions import Selection
from exchange.exporting import ExportFormat, ExportLabels, ExportSpec
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.storage import writer
from records.storage.audit import AuditAction
from records.storage.database import database
from records.storage.writer import DuplicateValue
from security.permissions import Action, most_exported

AT_ONCE = 500
"""So many records are written while the reader waits; more are a task, and slow nobody's pages."""
BY_ADDRESS = 2_000
"""So many records an address gives to a script, in pieces with rests; nobody can wait for more."""
PURPOSES = tuple(one for one in Purpose if one is not Purpose.SHARING)
"""What is shared is entered in the register from the person's page, and leaves no other way."""
PIECE = 64 * 1024
_one_at_a_time = Lock()
"""Several at once would not be ready sooner, and everybody's pages would wait for all of them."""


class ExportPages(Page):
    """Records, to be taken out."""

    @expose("/export/", methods=("GET", "POST"))
    def export_view(self) -> str | AnyResponse | tuple[str, int]:
        """Ask what the export is to hold; then send it, or have it built."""
        selection = Selection(self.kind, self.asked(), datetime.now(UTC), time_zone())
        self.query(selection.asked)  # says what a filter does not understand
        most = most_exported(roles())
        count = _count(selection, most + 1)
        problem = self._problem(count, most) or self._restricted(selection)
        if request.method == "GET" or problem:
            return self._ask_export(count, most, problem)
        form = ExportFormat(request.form["form"])
        plan = ExportSpec(selection, self._chosen(), self._wording(), self._order(), form, _purpose())
        kept = ngettext("%(num)s record, as %(form)s", "%(num)s records, as %(form)s", count, form=form)
        what_for = f"{_(_purpose().label)}; " if plan.personal else ""
        reason = f"{_reason()} ({what_for}{kept}: {', '.join(plan.columns)})".strip()
        writer.record_event(AuditAction.EXPORT, self.kind.collection_name(), reason=reason[:2000])
        return self._send(plan) if count <= AT_ONCE else self._build(plan)

    @expose("/export/<form>/")
    def export_at_once_view(self, form: str) -> AnyResponse:
        """Send what the list has in one of the forms, with the usual columns and nothing personal: for
        scripts, which cannot wait for a task."""
        if form not in set(ExportFormat):
            abort(404)
        selection = Selection(self.kind, self.asked(), datetime.now(UTC), time_zone())
        self.query(selection.asked)
        most = most_exported(roles())
        count = _count(selection, most + 1)
        if problem := self._problem(count, most):
            raise BadRequest(problem)
        if count > BY_ADDRESS:
            raise BadRequest(
                _(
                    "By its address alone an export holds up to %(most)s records, and these are more. Please narrow "
                    "them with filters, or export them from the list: then the file is built in the background.",
                    most=format_decimal(BY_ADDRESS),
                )
            )
        personal = self.kind.personal()
        columns = tuple(name for name, ticked in self._offered().items() if ticked and name not in personal)
        kept = ngettext("%(num)s record, as %(form)s", "%(num)s records, as %(form)s", count, form=form)
        writer.record_event(
            AuditAction.EXPORT, self.kind.collection_name(), reason=f"({kept}: {', '.join(columns)})"[:2000]
        )
        return self._send(ExportSpec(selection, columns, self._wording(), self._order(), ExportFormat(form)))

    # -- What was asked for ----------------------------------------------------------------------

    def _offered(self) -> dict[str, bool]:
        """The columns there can be, and whether each is ticked at first; personal ones only for those
        who may take them out."""
        personal = self.kind.personal()
        whole = self.may(Action.EXPORT_PERSONAL)
        offered = exporting.columns_of(self.kind)
        return {name: ticked for name, ticked in offered.items() if whole or name not in personal}

    def _chosen(self) -> tuple[str, ...]:
        wanted = set(request.form.getlist("columns"))
        return tuple(name for name in self._offered() if name in wanted)

    def _problem(self, count: int, most: int) -> str | None:
        """What is in the way, in words; None where nothing is."""
        if count > most:
            return _(
                "Your role may take out %(most)s records at once. Please narrow the list with its filters.",
                most=format_decimal(most),
            )
        if request.method == "GET":
            return None
        chosen = self._chosen()
        if not chosen or request.form.get("form") not in set(ExportFormat):
            return _("Please choose a form and at least one column.")
        if not self.kind.personal().keys().isdisjoint(chosen) and not _reason():
            return _("Please say why personal data is to be taken out.")
        return None

    def _restricted(self, selection: Selection) -> str | None:
        """Say so where personal data of people would be taken out who have had its use restricted."""
        if request.method == "GET" or self.kind.personal().keys().isdisjoint(self._chosen()):
            return None
        found = restriction.count_among(self.kind, selection.where())
        return _(restriction.SOME, count=found) if found else None

    def _wording(self) -> ExportLabels:
        fields = {name: self.kind._fields[name] for name in self._offered()}
        inner = {name: getattr(one, "field", None) or one for name, one in fields.items()}
        return ExportLabels(
            {name: label_of(self.kind, name) for name in fields},
            {name: choice_words(one) for name, one in inner.items() if one.choices},
            _("Yes"),
            _("No"),
            _("(erased)"),
        )

    def _order(self) -> str:
        return str(Listing(self.kind, self.asked(), {}, self.home).order)

    # -- Asking, sending, building ---------------------------------------------------------------

    def _ask_export(self, count: int, most: int, problem: str | None) -> str | tuple[str, int]:
        personal = self.kind.personal()
        chosen = set(self._chosen()) if request.method == "POST" else None
        columns = [
            {
                "name": name,
                "label": label_of(self.kind, name),
                "ticked": ticked if chosen is None else name in chosen,
                "personal": name in personal,
            }
            for name, ticked in self._offered().items()
        ]
        page = self.render_page(
            "export",
            {
                "title": _("Export: %(kind)s", kind=_(self.kind.policy.title)),
                "count": min(count, most),
                "too_many": count > most,
                "forms": [(one.value, _(one.label)) for one in ExportFormat],
                "form": request.form.get("form", ExportFormat.XLSX.value),
                "columns": [one for one in columns if not one["personal"]],
                "personal": [one for one in columns if one["personal"]],
                "reason": _reason(),
                "purposes": [(one.value, _(one.label), one in NEED_CONSENT) for one in PURPOSES],
                "purpose": _purpose().value,
                "problem": problem,
                "action_url": request.full_path.rstrip("?"),
                "as_task": count > AT_ONCE,
                "token": new_token(),
                "cancel_url": self.home,
            },
        )
        return (page, 422) if problem and request.method == "POST" else page

    def _send(self, plan: ExportSpec) -> Response:
        """Write the file beside the database, then send it: what goes wrong is then still said."""
        file = TemporaryFile()  # noqa: SIM115 — open until the last of it is sent
        try:
            with _one_at_a_time:
                exporting.write_throttled(plan, file)
        except BaseException:
            file.close()
            raise
        response = Response(_sent(file))
        response.call_on_close(file.close)
        response.content_type = exporting.TYPES[plan.form]
        response.content_length = file.tell()
        stamp = f"{plan.selection.at:%Y%m%d-%H%M}"
        name = f"{self.kind.collection_name()}-{stamp}.{plan.form.value}"
        response.headers["Content-Disposition"] = attachment(name)
        file.seek(0)
        return response

    def _build(self, plan: ExportSpec) -> AnyResponse:
        token = request.form.get("token", "")
        pk = ObjectId(token) if ObjectId.is_valid(token) else ObjectId()
        with suppress(DuplicateValue):  # the same form, sent a second time
            Task.request(
                TaskKind.EXPORT,
                _("Export: %(kind)s", kind=_(self.kind.policy.title)),
                Action.EXPORT_PERSONAL if plan.personal else Action.EXPORT,
                plan.stored(),
                plan.selection.at,
                about=self.kind.collection_name(),
                reason=_reason(),
                pk=pk,
            )
        return redirect(f"/admin/tasks/details/?id={pk}")


def _count(selection: Selection, most: int) -> int:
    return database()[selection.kind.collection_name()].count_documents(selection.where(), limit=most)


def _purpose() -> Purpose:
    """What personal data is to be used for; business, where nothing is said."""
    return next((one for one in PURPOSES if one.value == request.form.get("purpose")), Purpose.BUSINESS)


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
