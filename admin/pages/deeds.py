"""Records are deleted, and many are dealt with at once; both are asked first."""

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from flask import abort, flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from admin.pages.verbs import VerbPages
from documents import erasing
from documents.policy import Fate
from documents.record import Governed
from documents.verbs import Verb
from documents.writing import StaleRecord
from security.permissions import Action

MOST_AT_ONCE = 500
BY_HAND = "deleted by hand"


class DeedPages(VerbPages):
    """Records, to be dealt with."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        others = super().record_actions(record)
        if not self.may(Action.DELETE):
            return others
        deletion = {
            "label": _("Delete"),
            "url": f"{self.home}delete/?id={record.pk}",
            "method": "post",
            "confirm": self._delete_question(record),
            "reason": True,
            "danger": True,
        }
        return [*others, deletion]

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> str | Response | tuple[str, int]:
        record = self.wanted()
        reason = request.form.get("reason", "").strip()[:500]
        if not request.form.get("confirmed") or not reason:
            return self._confirm(
                self._delete_question(record),
                [record],
                f"{self.home}delete/?id={record.pk}",
                needs_reason=True,
            )
        if erasing.free_of_hold([record]) == []:
            flash(_("A legal hold keeps %(record)s.", record=record), "error")
            return redirect(self.details_url(record))
        try:
            erasing.end([record], Fate.ERASE, f"{BY_HAND}: {reason}", datetime.now(UTC))
        except StaleRecord:
            flash(_("Somebody has just changed this record. Please look at it again."), "error")
            return redirect(self.home)
        flash(_("%(record)s has been deleted.", record=record), "success")
        return redirect(self.home)

    def _delete_question(self, record: Governed) -> str:
        return _("Delete %(record)s for good?", record=record)

    @expose("/action/", methods=("POST",))
    def action_view(self) -> str | Response | tuple[str, int]:
        """Do one thing to the selected records: first shown, then done."""
        name = request.form.get("action", "")
        pks = [ObjectId(pk) for pk in request.form.getlist("rowid")[:MOST_AT_ONCE] if ObjectId.is_valid(pk)]
        deleting = name == "delete"
        if deleting and not self.may(Action.DELETE):
            abort(403)
        one = None if deleting else self._verb(name)
        if one and not one.many:
            abort(404)
        records = list(self.kind.objects(pk__in=pks))
        if not records:
            flash(_("Please select at least one record."), "error")
            return redirect(self.home)
        note = request.form.get("reason", "").strip()[:500]
        if not request.form.get("confirmed") or not note:
            question = _("Delete these records for good?") if deleting else _(one.label) + "?"  # type: ignore[union-attr]
            hidden = [("action", name), *(("rowid", str(record.pk)) for record in records)]
            return self._confirm(question, records, f"{self.home}action/", needs_reason=True, hidden=hidden)
        done, problems = self._many(records, one, note)
        if done:
            flash(ngettext("Done for %(num)s record.", "Done for %(num)s records.", done), "success")
        for problem in problems[:5]:
            flash(problem, "error")
        return redirect(self.home)

    def _many(self, records: list[Governed], one: Verb | None, note: str) -> tuple[int, list[str]]:
        if one is not None:
            answered = {"note": note} if one.note else {}
            outcomes = [self._do(record.pk, one, answered, ObjectId()) for record in records]
            problems = [problem for problem in outcomes if problem]
            return len(records) - len(problems), problems
        free = erasing.free_of_hold(records)
        held = [
            _("A legal hold keeps %(record)s.", record=record) for record in records if record not in free
        ]
        try:
            return erasing.end(free, Fate.ERASE, f"{BY_HAND}: {note}", datetime.now(UTC)), held
        except StaleRecord:
            return 0, [*held, _("Somebody has just changed one of these records. Nothing was deleted.")]
