"""What staff see: one generated view a governed document, and the few pages that are no document's."""

from typing import Any

from flask import Flask, redirect, request
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from werkzeug.wrappers import Response

from admin.current_user import may, me
from admin.governed import GovernedView
from admin.home import notification_badge, overdue_badge
from admin.home.help import HelpView
from admin.home.home import HomeView
from admin.home.notifications import ToldView
from admin.home.overdue import OverdueView
from admin.home.queue import QueueView
from admin.i18n import gettext as _
from admin.reports.complaint_survey import SurveyView
from admin.reports.inventory import InventoryView
from admin.reports.jobs import JobsView
from admin.reports.retention import RetentionView
from admin.reports.root_causes import CausesView
from admin.views import VIEWS
from language.words import N_
from records.declaration.registry import by_collection, registered
from security.permissions import PAGES, Action

GROUPS = (N_("Tickets"), N_("People"), N_("Service"), N_("Sharing"), N_("Deletion"), N_("Administration"))


def init_app(app: Flask) -> None:
    """Give every governed document its pages under /admin/<collection>/, and the panel its frame."""
    panel = Admin(
        app,
        name="Steward",
        url="/admin",
        index_view=HomeView(name=N_("Home"), url="/admin", endpoint="admin"),
        theme=Bootstrap4Theme(base_template="steward/base.html"),
    )
    for kind in registered():
        panel.add_view(VIEWS.get(kind.collection_name(), GovernedView)(kind))
    panel.add_view(InventoryView(name=N_("Data inventory"), endpoint="inventory", url="/admin/inventory"))
    panel.add_view(RetentionView(name=N_("Retention"), endpoint="retention", url="/admin/retention"))
    panel.add_view(QueueView(name=N_("My queue"), endpoint="queue", url="/admin/queue"))
    panel.add_view(OverdueView(name=N_("Overdue"), endpoint="overdue", url="/admin/overdue"))
    panel.add_view(ToldView(name=N_("Notices"), endpoint="told", url="/admin/told"))
    panel.add_view(HelpView(name=N_("Help"), endpoint="help", url="/admin/help"))
    panel.add_view(
        SurveyView(name=N_("Complaint survey"), endpoint="complaint_survey", url="/admin/complaint-survey")
    )
    panel.add_view(CausesView(name=N_("Why people complain"), endpoint="causes", url="/admin/causes"))
    panel.add_view(JobsView(name=N_("Jobs"), endpoint="background", url="/admin/jobs"))
    app.add_url_rule("/", "home", _to_the_panel)
    app.context_processor(_frame)


def _to_the_panel() -> Response:
    return redirect("/admin/")


def _frame() -> dict[str, Any]:
    """The navigation by subject, with what the reader may see, and who they are."""
    staff = me()
    if staff is None:
        return {"nav": None, "me": None}
    groups: dict[str, list[dict[str, Any]]] = {"": [_item(_("Home"), "/admin/", "home", exact=True)]}
    if may(Action.VIEW, PAGES["queue"]):
        groups[""].append(_item(_("My queue"), "/admin/queue/", "tasks"))
    if overdue_badge.may_see():
        groups[""].append(_item(_("Overdue"), "/admin/overdue/", "clock") | {"count": overdue_badge.text()})
    groups[""].append(_item(_("Notices"), "/admin/told/", "bell"))
    groups |= {group: [] for group in GROUPS}
    for kind in registered():
        if may(Action.VIEW, kind.policy.access):
            name = kind.collection_name()
            item = _item(_(kind.policy.title), f"/admin/{name}/", kind.policy.icon)
            groups.setdefault(kind.policy.group, []).append(item)
    if may(Action.VIEW, PAGES["causes"]):
        groups[N_("Service")].append(_item(_("Why people complain"), "/admin/causes/", "reports"))
    if may(Action.VIEW, PAGES["complaint-survey"]):
        groups[N_("Service")].append(_item(_("Complaint survey"), "/admin/complaint-survey/", "reports"))
    if may(Action.VIEW, PAGES["inventory"]):
        groups[N_("People")].append(_item(_("Data inventory"), "/admin/inventory/", "reports"))
    if may(Action.VIEW, PAGES["retention"]):
        groups[N_("Deletion")].append(_item(_("Retention"), "/admin/retention/", "clock"))
    if may(Action.VIEW, PAGES["jobs"]):
        groups[GROUPS[-1]].append(_item(_("Jobs"), "/admin/jobs/", "jobs"))
    return {
        "home_url": "/admin/",
        "unread": notification_badge.badge(),
        "help_url": _help_url(),
        "nav": [
            {"label": _(group) if group else "", "items": items} for group, items in groups.items() if items
        ],
        "me": {
            "name": staff.name,
            "email": staff.email,
            "roles": [_(role.label) for role in staff.role_names()],
        },
    }


def _help_url() -> str:
    """The help on what the reader is looking at: on the register whose page this is, or all of it."""
    collection = request.path.removeprefix("/admin/").partition("/")[0]
    return f"/admin/help/?about={collection}" if by_collection(collection) else "/admin/help/"


def _item(label: str, url: str, icon: str, *, exact: bool = False) -> dict[str, Any]:
    here = request.path == url if exact else request.path.startswith(url)
    return {"label": label, "url": url, "icon": icon, "active": here}
