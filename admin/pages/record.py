"""One record's page: its facts, its history, and its personal values for a reason."""

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from flask import flash, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.formatting import Display, title_of
from admin.pages import details
from admin.pages.action_menu import offers
from admin.pages.history import history
from admin.pages.page import Page, list_url, record_url
from documents.privacy import restriction
from documents.privacy.pii_access import PiiAccess
from records.declaration.actions import ActionRefused
from records.declaration.record import Governed
from security.permissions import Action


class RecordPages(Page):
    """One record, to be read."""

    @expose("/details/")
    def details_view(self) -> str:
        return self._details(self.wanted())

    def _details(self, record: Governed, revealed: frozenset[str] = frozenset()) -> str:
        display = self.display(whole=True, revealed=revealed)
        row = record.stored or {}
        hidden = details.masked_fields(self.kind, row) if self.may(Action.REVEAL) and not revealed else []
        entries, more = history(display, record.pk) if self.may(Action.HISTORY) else (None, False)
        return self.render_page(
            "details",
            {
                "title": title_of(self.kind, row),
                "subtitle": _(self.kind.policy.singular),
                "badges": [*details.badges(self.kind, row), *self.badges(record)],
                "offers": offers(self.record_actions(record)),
                "banners": self.banners(record),
                "sections": [*details.sections(display, row), *self.extra_sections(record, display)],
                "panels": self.extra_panels(record),
                "related": details.related(display, record.pk, list_url, self._other_display),
                "history": entries,
                "history_more_url": f"{self.home}history/?id={record.pk}" if more else None,
                "reveal": {"url": f"{self.home}reveal/?id={record.pk}", "fields": hidden} if hidden else None,
            },
        )

    def badges(self, record: Governed) -> list[dict[str, Any]]:
        """More of where a record stands, beside its title: `[{"text", "tone"}]`."""
        return []

    def banners(self, record: Governed) -> list[dict[str, Any]]:
        """What everybody must know before they do anything with a record: `[{"text", "links", "tone"}]`, each
        link as its label and address. Of every record of a person whose data are restricted, that they are."""
        person = record.subject_id()
        why = restriction.reason(person)
        if person is None or why is None:
            return []
        url = self._person_url(record, person)
        text = (
            f"{_(restriction.WHY)} {_('The reason: %(reason)s', reason=why)}" if url else _(restriction.WHY)
        )
        links = [(_("Open the person"), url)] if url and self.kind.policy.subject != "self" else []
        return [{"text": text, "links": links, "tone": "error"}]

    def _person_url(self, record: Governed, person: ObjectId) -> str | None:
        """The page of the person whom a record is about, for those who may see it."""
        subject = str(self.kind.policy.subject)
        reference = self.kind.references().get(subject)
        return record_url(reference.kind if reference else self.kind.collection_name(), person)

    def extra_sections(self, record: Governed, display: Display) -> list[dict[str, Any]]:
        """More facts on a record's page, for the kinds that have any: `[{"label", "facts"}]`."""
        return []

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        """Parts of a record's page with a template of their own: `[{"label", "template", …}]`; one
        that says "first" stands before the facts."""
        return []

    def _other_display(self, kind: type[Governed]) -> Display:
        here = self.display()
        return Display(kind, here.zone, here.now, record_url)

    @expose("/history/")
    def history_view(self) -> str:
        record = self.wanted()
        entries, more = history(self.display(whole=True), record.pk, limit=1000)
        return self.render_page(
            "details",
            {
                "title": title_of(self.kind, record.stored or {}),
                "subtitle": _("The latest 1,000 entries") if more else _("The whole history"),
                "actions": [{"label": _("Back"), "url": self.details_url(record)}],
                "sections": [],
                "history": entries,
            },
        )

    @expose("/reveal/", methods=("POST",))
    def reveal_view(self) -> str | Response:
        """Show personal values of one record on this one page, for a reason that is kept (R8)."""
        record = self.wanted()
        reason = request.form.get("reason", "").strip()[:500]
        known = {one["name"] for one in details.masked_fields(self.kind, record.stored or {})}
        fields = known & set(request.form.getlist("fields"))
        ticket = request.form.get("ticket", "").strip()[:24]
        if not (reason or ticket) or not fields:
            flash(_("Please give a reason and choose what to show."), "error")
            return redirect(self.details_url(record))
        try:
            PiiAccess.keep(record, fields, reason, ticket, datetime.now(UTC))
        except ActionRefused as error:
            flash(_(error.message, **error.words), "error")
            return redirect(self.details_url(record))
        return self._details(record, frozenset(fields))
