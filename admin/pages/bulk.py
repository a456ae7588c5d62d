"""One deed for many records: asked about first, done at once for a few, by a task for more."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from mongoengine import BooleanField
from werkzeug.wrappers import Response

from admin.formatting import title_of
from admin.i18n import ngettext
from admin.locale import time_zone
from admin.pages.action_form import VerbForm, answers, form_for_verb, new_token
from admin.pages.actions import VerbPages
from admin.pages.page import lookup_url
from documents.work.task import Task, TaskKind
from exchange.bulk import bulk_update
from exchange.bulk.bulk_actions import DELETE, SET, BulkAction, Selection, UnknownBulkAction
from language.words import N_, Choice
from records.declaration.actions import ActionInput, RecordAction, actions_of
from records.declaration.fields import ReferenceIdField
from records.declaration.policy import DeclarationError
from records.storage.writer import DuplicateValue
from security.permissions import Action

AT_ONCE = 100
"""So many records are dealt with while the reader waits; more are a task."""
MOST_PICKED = 500
SAMPLE = 10
PREFIX = "set_"


class YesNo(Choice):
    """What a yes-or-no is set to."""

    YES = "yes", N_("Yes")
    NO = "no", N_("No")


class ManyPages(VerbPages):
    """Records, to be dealt with together."""

    def bulk_actions(self) -> list[dict[str, Any]]:
        """What the reader may do with the selected records of the list."""
        deeds = [
            (one.name, one.label)
            for one in actions_of(self.kind).values()
            if one.bulk and self.may(one.requires)
        ]
        if self.may(Action.EDIT) and bulk_update.bulk_editable_fields(self.kind):
            deeds.append((SET, LABELS[SET]))
        if self.may(Action.DELETE):
            deeds.append((DELETE, LABELS[DELETE]))
        return [{"name": name, "label": _(label), "confirm": None, "reason": False} for name, label in deeds]

    @expose("/action/", methods=("POST",))
    def action_view(self) -> str | Response | tuple[str, int]:
        """Show which records it is about and what is asked; once that is answered, do it."""
        deed, selection = self._deed(), self._selection()
        count = selection.count() if selection else 0
        if selection is None or not count:
            flash(_("Please select at least one record."), "error")
            return redirect(self.home)
        form = form_for_verb(self._questions(deed), ZoneInfo(time_zone()), lookup_url)
        problem = self._missing(deed, form)
        if problem is not None:
            return self._ask_many(deed, selection, count, form, problem)
        asked = BulkAction(self.kind, deed.name, _reason(), self._values(deed, form))
        return self._at_once(asked, selection) if count <= AT_ONCE else self._as_task(asked, selection)

    # -- What was asked for ----------------------------------------------------------------------

    def _deed(self) -> BulkAction:
        deed = BulkAction(self.kind, request.form.get("action", ""))
        try:
            action = deed.action()
        except UnknownBulkAction:
            abort(404)
        if not self.may(action):
            abort(403)
        return deed

    def _selection(self) -> Selection | None:
        """The picked records, or all that match the list's filters; None where nothing was picked."""
        at = _moment(request.form.get("at", "")) or datetime.now(UTC)
        asked = self.asked()
        self.query(asked)  # says what a filter does not understand
        if request.form.get("everything"):
            return Selection(self.kind, asked, at, time_zone())
        ids = [ObjectId(pk) for pk in request.form.getlist("rowid")[:MOST_PICKED] if ObjectId.is_valid(pk)]
        return Selection(self.kind, {}, at, time_zone(), tuple(ids)) if ids else None

    def _questions(self, deed: BulkAction) -> RecordAction:
        """What the page asks beside a reason: for each field that can be set, to what."""
        fields = bulk_update.bulk_editable_fields(self.kind) if deed.name == SET else {}
        asks = tuple(_ask(name, one) for name, one in fields.items())
        return RecordAction(
            deed.name, _label(deed), deed.action(), lambda _record: True, None, asks, False, True
        )

    def _values(self, deed: BulkAction, form: VerbForm) -> dict[str, Any]:
        given = {
            name.removeprefix(PREFIX): value for name, value in answers(form, self._questions(deed)).items()
        }
        known = {YesNo.YES: True, YesNo.NO: False}
        return {
            name: known.get(value, str(value) if isinstance(value, Choice) else value)
            for name, value in given.items()
            if value is not None
        }

    def _missing(self, deed: BulkAction, form: VerbForm) -> str | None:
        """What is still to be answered, in words; "" where nothing was yet, None where nothing is."""
        if not request.form.get("confirmed"):
            return ""
        if _needs_reason(deed) and not _reason():
            return _("Please say why.")
        if deed.name == SET and form.validate() and not self._values(deed, form):
            return _("Please choose what to change.")
        return "" if form.errors else None

    # -- Asking, and doing -----------------------------------------------------------------------

    def _ask_many(
        self, deed: BulkAction, selection: Selection, count: int, form: VerbForm, problem: str
    ) -> str | tuple[str, int]:
        picked = [("rowid", str(pk)) for pk in selection.picked] or [("everything", "1")]
        hidden = [("action", deed.name), ("at", selection.at.isoformat()), ("token", new_token()), *picked]
        one = actions_of(self.kind).get(deed.name)
        page = self.render_page(
            "confirm",
            {
                "title": _label(deed),
                "question": ngettext(
                    "%(what)s: %(num)s record", "%(what)s: %(num)s records", count, what=_label(deed)
                ),
                "sample": [title_of(self.kind, row) for row in selection.sample(SAMPLE)],
                "count": count,
                "as_task": count > AT_ONCE,
                "needs_reason": _needs_reason(deed),
                "offers_reason": True,
                "reason": _reason(),
                "reason_label": _(one.comment) if one and one.comment else None,
                "reason_error": problem if problem and _needs_reason(deed) else None,
                "form_error": problem if problem and not _needs_reason(deed) else None,
                "action_url": request.full_path.rstrip("?"),
                "hidden": hidden,
                "danger": deed.name == DELETE or bool(one and one.danger),
                "cancel_url": self.home,
            },
            form=form,
        )
        return (page, 422) if problem or form.errors else page

    def _at_once(self, deed: BulkAction, selection: Selection) -> Response:
        ids = [row["_id"] for row in selection.ids()]
        outcome = deed.do_all(ids, selection.where(), datetime.now(UTC))
        if outcome.done:
            flash(ngettext("Done for %(num)s record.", "Done for %(num)s records.", outcome.done), "success")
        for one in outcome.problems[:5]:
            flash(" ".join(filter(None, (one["label"], _(one["message"], **one["words"])))), "error")
        if more := len(outcome.problems[5:]):
            flash(ngettext("and %(num)s more", "and %(num)s more", more), "error")
        return redirect(self.home)

    def _as_task(self, deed: BulkAction, selection: Selection) -> Response:
        token = request.form.get("token", "")
        pk = ObjectId(token) if ObjectId.is_valid(token) else ObjectId()
        with suppress(DuplicateValue):  # the same form, sent a second time
            Task.request(
                TaskKind.BULK,
                f"{_(self.kind.policy.title)}: {_label(deed)}",
                deed.action(),
                {"selection": selection.stored(), "deed": deed.name, "values": dict(deed.values)},
                datetime.now(UTC),
                about=self.kind.collection_name(),
                reason=deed.note,
                pk=pk,
            )
        return redirect(f"/admin/tasks/details/?id={pk}")


LABELS = {SET: N_("Change fields"), DELETE: N_("Delete")}


def _label(deed: BulkAction) -> str:
    return _(LABELS.get(deed.name) or actions_of(deed.kind)[deed.name].label)


def _needs_reason(deed: BulkAction) -> bool:
    one = actions_of(deed.kind).get(deed.name)
    return deed.name == DELETE or bool(one and one.comment)


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _ask(name: str, one: Any) -> ActionInput:
    """The question to what a field is to be set."""
    label = one.verbose_name or name
    if isinstance(one, ReferenceIdField):
        return ActionInput(PREFIX + name, label, "reference", required=False, collection=one.kind)
    if isinstance(one, BooleanField):
        return ActionInput(PREFIX + name, label, "choice", required=False, choices=YesNo)
    kinds = {type(choice) for choice in one.choices}
    if len(kinds) != 1:
        raise DeclarationError(f"the choices of {name} are not of one kind")
    return ActionInput(PREFIX + name, label, "choice", required=False, choices=kinds.pop())
