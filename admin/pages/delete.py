"""Records are deleted, for a reason and after a question."""

from datetime import UTC, datetime
from typing import Any

from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.formatting import title_of
from admin.pages.bulk import ManyPages
from documents.erasure import erase
from documents.retention.retention_rule_label import BY_HAND
from records.declaration.actions import ActionGroup
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.storage.writer import ConcurrentModification
from security.permissions import Action


class DeedPages(ManyPages):
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
            "group": ActionGroup.DATA,
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
        if erase.without_hold([record]) == []:
            flash(_("A legal hold keeps %(record)s.", record=self._called(record)), "error")
            return redirect(self.details_url(record))
        try:
            erase.apply_fate([record], Fate.ERASE, f"{BY_HAND}: {reason}", datetime.now(UTC))
        except ConcurrentModification:
            flash(_("Somebody has just changed this record. Please look at it again."), "error")
            return redirect(self.home)
        flash(_("%(record)s has been deleted.", record=self._called(record)), "success")
        return redirect(self.home)

    def _delete_question(self, record: Governed) -> str:
        return _("Delete %(record)s for good?", record=self._called(record))

    def _called(self, record: Governed) -> str:
        return title_of(self.kind, record.stored or {})
