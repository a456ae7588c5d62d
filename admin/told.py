"""Notices: what I have been told, by name or as one of a role."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bson import ObjectId
from flask import abort, redirect, request
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from admin.acting import may, me, roles
from admin.pages.page import record_url
from admin.words import gettext as _
from documents.notice import Notice, Occasion, mark_read, told
from security.permissions import PAGES, Action


class ToldView(BaseView):
    """The newest notices, and a way to mark them as read."""

    OPENS = {"index": Action.VIEW, "read": Action.VIEW}

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["told"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        mine = me().pk  # type: ignore[union-attr]
        rows = [_shown(one, mine) for one in told(mine, roles(), datetime.now(UTC))]
        page = SimpleNamespace(
            title=_("Notices"), lead=None, rows=rows, unread=[row["id"] for row in rows if not row["read"]]
        )
        return self.render("steward/told.html", page=page)

    @expose("/read/", methods=("POST",))
    def read(self) -> Response:
        """Mark what was on the page as read, and nothing that came since."""
        mine, now = me().pk, datetime.now(UTC)  # type: ignore[union-attr]
        sent = {ObjectId(pk) for pk in request.form.getlist("notice") if ObjectId.is_valid(pk)}
        mark_read(mine, [one.pk for one in told(mine, roles(), now) if one.pk in sent], now)
        return redirect("/admin/told/")


def _shown(one: Notice, mine: ObjectId) -> dict[str, Any]:
    return {
        "id": str(one.pk),
        "at": one.created_at,
        "read": mine in one.read_by,
        "text": _(Occasion(one.occasion).label, record=one.label or ""),
        "url": record_url(one.collection, one.record) if one.collection else None,
        "items": [
            {
                "text": _(Occasion(item["occasion"]).label, record=item.get("label") or ""),
                "url": record_url(item["collection"], item["record"]),
            }
            for item in one.items
        ],
    }
