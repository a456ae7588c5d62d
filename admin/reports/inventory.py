"""The page Data inventory: the record of processing, to read, to print and to take out (R4, R6, R8, R21, R105)."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flask import Response, abort, current_app
from flask_admin import BaseView, expose

from admin.current_user import may, me
from admin.formatting import label_of
from admin.i18n import gettext as _
from admin.pages.messages import refusal
from admin.pages.page import list_url, record_url
from admin.reports.retention_preview import span
from documents.privacy.legal_basis import BASIS, CONSENT
from documents.privacy.privacy_notice import Category, PrivacyNotice
from documents.staff.staff import RoleName
from exchange.exporting.csv_and_xlsx import CsvSheet
from language.words import N_
from records.declaration.policy import Mask
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.storage import writer
from records.storage.audit import AuditAction
from reports.inventory import Entry, Recipient, inventory, notices_in_force, purposes, recipients
from security.permissions import PAGES, Action, Role

STORAGE = "STORAGE_LOCATION"
COLUMNS = {
    "register": N_("Register"),
    "field": N_("Field"),
    "category": N_("Kind of data"),
    "why": N_("Why it is asked"),
    "purpose": N_("Purpose"),
    "basis": N_("Lawful basis"),
    "required": N_("Necessary"),
    "readers": N_("Who may see it"),
    "revealers": N_("Who may see it unmasked, for a reason"),
    "stored": N_("How it is stored"),
    "kept": N_("How long it is kept"),
    "fate": N_("At the person's erasure"),
}
MEASURES = (
    N_(
        "Every personal value is encrypted under a key of its person; the master key stands outside the database."
    ),
    N_(
        "Who may do what stands in one table, closed until a row opens it; every change and look is in the history."
    ),
    N_("Lists and pages show masks; seeing more asks for a reason and is looked over."),
    N_("Backups hold nothing readable of who was erased, once the master key has been turned."),
)
CONDITIONS = (
    N_("A non-disclosure agreement that names the duties of both sides is in force."),
    N_("How the third party protects data was assessed, passed, and is not out of date."),
    N_(
        "The person has consented in writing to sharing, with this third party or with those the notice names."
    ),
    N_(
        "The sharing is entered in the register: which kinds of data, why, under which consent and agreement."
    ),
    N_("Whether they keep to the agreement is checked; who does not is suspended at once."),
    N_(
        "When consent is taken back, the person is erased, or the agreement ends, the data is asked back with a deadline and proof."
    ),
)


class InventoryView(BaseView):
    """Derived from the declarations, and so never out of date; only reads."""

    OPENS = {"index": Action.VIEW, "file_view": Action.EXPORT}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["inventory"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["inventory"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now = datetime.now(UTC)
        entries, notices = inventory(now), notices_in_force()
        found: dict[str, list[dict[str, str]]] = {}
        for one in entries:
            found.setdefault(_(one.kind.policy.title), []).append(_row(one))
        page = SimpleNamespace(
            title=_("Data inventory"),
            lead=_("Which personal data is kept, why, by what right, for whom and how long."),
            actions=_actions(),
            storage=current_app.config.get(STORAGE),
            controllers=sorted({(one.controller, one.contact) for one in notices.values()}),
            measures=[_(one) for one in MEASURES],
            purposes=[_purpose(one, fields, notices) for one, fields in purposes(entries).items()],
            columns={name: _(label) for name, label in COLUMNS.items() if name != "register"},
            registers=found,
            recipients=[_recipient(one) for one in recipients(now)],
            parties_url=list_url("third_parties"),
            conditions=[_(one) for one in CONDITIONS],
        )
        return self.render("steward/inventory.html", page=page)

    @expose("/inventory.csv")
    def file_view(self) -> Response:
        """The fields as a table."""
        now = datetime.now(UTC)
        file = io.BytesIO()
        sheet = CsvSheet(file)
        sheet.header([_(label) for label in COLUMNS.values()] + [_("Where it is stored")])
        place = current_app.config.get(STORAGE) or ""
        sheet.rows([*(_row(one)[name] for name in COLUMNS), place] for one in inventory(now))
        sheet.close()
        writer.record_event(AuditAction.EXPORT, "", None, "inventory.csv", now)
        answer = Response(file.getvalue(), mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="inventory-{now:%Y-%m-%d}.csv"'
        return answer


def _actions() -> list[dict[str, Any]]:
    if not may(Action.EXPORT, PAGES["inventory"]):
        return []
    return [{"label": "CSV", "url": "/admin/inventory/inventory.csv"}]


def _row(one: Entry) -> dict[str, str]:
    is_open = one.personal.mask is Mask.OPEN
    return {
        "register": _(one.kind.policy.title),
        "field": label_of(one.kind, one.name),
        "category": _(Category(one.personal.category).label),
        "why": _(one.need.why),
        "purpose": _(one.need.purpose.label),
        "basis": _(one.need.basis),
        "required": _("Yes") if one.is_required else _("No"),
        "readers": _roles(one.who_may(Action.VIEW)),
        "revealers": _("shown to all who may see it") if is_open else _roles(one.who_may(Action.REVEAL)),
        "stored": _("Encrypted") if one.is_sealed else _("In the clear"),
        "kept": _kept(one),
        "fate": _(one.fate.label),
    }


def _kept(one: Entry) -> str:
    if one.kept is None:
        return _("As long as what it belongs to, or until its person is erased")
    keep = one.kept.keep
    return _(
        "%(time)s after: %(field)s (%(basis)s)",
        time=span(keep), field=label_of(one.kind, keep.after), basis=_(keep.basis),
    )  # fmt: skip


def _roles(roles: list[Role]) -> str:
    return ", ".join(_(RoleName(role).label) for role in roles) or _("Nobody")


def _purpose(purpose: Purpose, fields: list[Entry], notices: dict[str, PrivacyNotice]) -> dict[str, Any]:
    notice = notices.get(purpose.value)
    return {
        "label": _(purpose.label),
        "basis": _(BASIS.get(purpose, CONSENT)),
        "consent": purpose in NEED_CONSENT,
        "fields": len(fields),
        "notice": notice.number if notice else None,
        "url": record_url("privacy_notices", notice.pk) if notice else None,
    }


def _recipient(one: Recipient) -> dict[str, Any]:
    return {
        "name": one.party.name,
        "url": record_url("third_parties", one.party.pk),
        "service": one.party.service,
        "location": one.party.location,
        "refusal": refusal(one.refusal) if one.refusal else None,
    }
