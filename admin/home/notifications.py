"""Notices: what I have been told, by name or as one of a role; and whether I am told by mail as well."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bson import ObjectId
from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from admin.current_user import may, me, roles
from admin.home.notification_badge import recount
from admin.i18n import gettext as _
from admin.pages.page import record_url
from documents.work.notification import (
    Notification,
    NotificationKind,
    mark_all_read,
    mark_read,
    notifications_for,
)
from language.words import N_, Choice
from records.declaration.registry import by_collection
from security.permissions import PAGES, Action


class ByMail(Choice):
    """How somebody wants to get their notices beside the panel."""

    AT_ONCE = "at-once", N_("As they come, by day")
    DAILY = "daily", N_("Once a day, in the morning")
    NEVER = "never", N_("Not at all")


class ToldView(BaseView):
    """The newest notices, ways to mark them as read, and how they come by mail."""

    OPENS = {"index": Action.VIEW, "look": Action.VIEW, "read": Action.VIEW, "mail": Action.VIEW}

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["told"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now, mine = datetime.now(UTC), me()
        rows = [_shown(one, mine.pk) for one in notifications_for(mine.pk, roles(), now)]  # type: ignore[union-attr]
        page = SimpleNamespace(
            title=_("Notices"),
            lead=None,
            rows=rows,
            until=now.isoformat() if any(not row["read"] for row in rows) else None,
            by_mail=[(way.value, _(way.label), way is _way(mine)) for way in ByMail],
        )
        return self.render("steward/told.html", page=page)

    @expose("/look/")
    def look(self) -> Response:
        """Go where a notice leads: it is read then. Reading the page again changes nothing."""
        one = next((one for one in _mine() if str(one.pk) == request.args.get("id")), None)
        url = record_url(one.collection, one.record) if one and one.collection else None
        if one is None or url is None:
            abort(404)
        mark_read(me().pk, [one.pk])  # type: ignore[union-attr]
        recount()
        return redirect(url)

    @expose("/read/", methods=("POST",))
    def read(self) -> Response:
        """Mark one notice as read, or all that there were when the page was made."""
        mine, sent = me().pk, request.form.get("notice")  # type: ignore[union-attr]
        if sent:
            mark_read(mine, [one.pk for one in _mine() if str(one.pk) == sent])
        else:
            mark_all_read(mine, roles(), _until())
        recount()
        return redirect("/admin/told/")

    @expose("/mail/", methods=("POST",))
    def mail(self) -> Response:
        """Choose for myself how I am told by mail."""
        try:
            way = ByMail(request.form.get("way", ""))
        except ValueError as error:
            raise BadRequest from error
        mine: Any = me()
        mine.mails = way is not ByMail.NEVER
        mine.daily_digest = way is ByMail.DAILY
        mine.save()
        flash(_("Kept: %(way)s", way=_(way.label)), "success")
        return redirect("/admin/told/")


def _mine() -> list[Notification]:
    return notifications_for(me().pk, roles(), datetime.now(UTC))  # type: ignore[union-attr]


def _until() -> datetime:
    """When the page was made; never later than now."""
    now = datetime.now(UTC)
    try:
        until = datetime.fromisoformat(request.form.get("until", ""))
        return min(until, now)
    except (ValueError, TypeError) as error:
        raise BadRequest from error


def _way(mine: Any) -> ByMail:
    if mine.mails is False:
        return ByMail.NEVER
    return ByMail.DAILY if mine.daily_digest else ByMail.AT_ONCE


def _shown(one: Notification, mine: ObjectId) -> dict[str, Any]:
    read = mine in one.read_by
    leads = bool(one.collection and record_url(one.collection, one.record))
    return {
        "id": str(one.pk),
        "at": one.created_at,
        "read": read,
        "text": _said(one.occasion, one.collection, one.label),
        "url": f"/admin/told/look/?id={one.pk}" if leads else None,
        "items": [
            {
                "text": _said(item["occasion"], item["collection"], item.get("label")),
                "url": record_url(item["collection"], item["record"]),
            }
            for item in one.items
        ],
    }


def _said(occasion: str, collection: str | None, label: str | None) -> str:
    kind = by_collection(collection) if collection else None
    named = f"{_(kind.policy.singular)} {label or ''}" if kind else label or ""
    return _(NotificationKind(occasion).label, record=named.strip())
