"""The list of a kind of record, its count, its export, and the look-up of one to refer to."""

from typing import Any

from flask import jsonify, request
from flask_admin import expose
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from admin.formatting import title_of
from admin.i18n import gettext as _
from admin.pages.counts import count_text, facets
from admin.pages.list_model import Listing
from admin.pages.page import Page, pick_url
from records.lists import search
from records.lists.paging import BadCursor
from security.actor import current_actor
from security.permissions import Action

SUGGESTIONS = 12


class ListPages(Page):
    """Records together."""

    @expose("/")
    def index_view(self) -> str:
        asked = self.asked()
        listing = Listing(self.kind, asked, self.query(asked), self.home)
        try:
            found = listing.read()
        except BadCursor as error:
            raise BadRequest(_("This page of the list no longer exists.")) from error
        display = self.display()
        return self.render_page(
            "list",
            {
                "title": _(self.kind.policy.title),
                "kind": self.kind.collection_name(),
                "actions": self.list_actions(),
                "search": {"value": listing._one("search"), "hint": None, "enabled": True},
                "filters": listing.filters(pick_url),
                "active_filters": listing.active_filters(),
                "keep": [(n, v) for n in ("sort", "size") if (v := listing._one(n))],
                "clear_url": self.home,
                "columns": listing.columns(),
                "rows": listing.rows(found, display),
                "stopped": listing.stopped(found, display),
                "pager": listing.pager(found),
                "count_url": listing.address().replace(self.home, f"{self.home}count/", 1),
                "bulk": self.bulk_actions(),
                "bulk_url": listing.address().replace(self.home, f"{self.home}action/", 1),
                "bulk_everything": _("All that match, on every page")
                if found.has_next or found.has_previous
                else None,
                "exports": self._exports(listing),
                "empty": _("Nothing matches.") if asked else _("Nothing here yet."),
            },
        )

    def list_actions(self) -> list[dict[str, Any]]:
        others = super().list_actions()
        if not self.may(Action.CREATE):
            return others
        return [*others, {"label": _("New"), "url": f"{self.home}new/", "primary": True}]

    def _exports(self, listing: Listing) -> list[dict[str, str]]:
        if not self.may(Action.EXPORT):
            return []
        return [{"label": _("Export"), "url": listing.address().replace(self.home, f"{self.home}export/", 1)}]

    @expose("/count/")
    def count_view(self) -> Response:
        """How many records the list has: asked after the page is there, so that none waits for it."""
        asked = self.asked()
        return jsonify(
            {
                "text": count_text(self.kind, self.query(asked)),
                "facets": facets(self.kind, asked, self.query),
            }
        )

    @expose("/ajax/lookup/")
    def lookup_view(self) -> Response:
        """Records to refer to, by what was typed: `[[id, label], …]`."""
        words = (request.args.get("query") or "").strip()[:100]
        also = {
            **self.kind.scope(current_actor()),
            **({"active": True} if "active" in self.kind._fields else {}),
        }
        label = self.kind._fields[self.kind.policy.label].db_field
        rows = search.suggestions(self.kind, words, SUGGESTIONS, {label: 1}, **also)
        return jsonify([[str(row["_id"]), title_of(self.kind, row)] for row in rows])
