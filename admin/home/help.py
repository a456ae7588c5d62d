"""The help centre for staff: where people reach us, what is asked most, guides, and whether they help (R41)."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flask import abort, flash, redirect, request
from flask_admin import BaseView, expose
from werkzeug.wrappers import Response

from admin.current_user import may, me
from admin.formatting import choice_words, collection_title
from admin.i18n import gettext as _
from admin.locale import language
from documents.service import help_feedback
from documents.service.contact_point import ContactPoint, Purpose, contact_points
from documents.service.help_article import Audience, HelpArticle, HelpKind, article, articles
from language.translated_fields import localized
from language.words import N_
from records.declaration.registry import by_collection
from security.permissions import PAGES, Action

LONGEST = 200
HEADINGS = {HelpKind.QUESTION: N_("Questions and answers"), HelpKind.GUIDE: N_("Guides")}
Row = dict[str, Any]


class HelpView(BaseView):
    """All articles, those that are about a register, or those that words find; and each of them."""

    OPENS = {"index": Action.VIEW, "read": Action.VIEW, "say": Action.VIEW}

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["help"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        about, words = request.args.get("about", ""), request.args.get("search", "").strip()[:LONGEST]
        about = about if by_collection(about) else ""
        found = articles(datetime.now(UTC), about=about, words=words)
        page = SimpleNamespace(
            title=_("Help"),
            lead=_("About: %(what)s", what=collection_title(about)) if about else None,
            contacts=[_contact(point) for point in contact_points()],
            groups=_groups(found),
            search=words,
            about=about,
            narrowed=bool(about or words),
            write_url="/admin/help_articles/" if may(Action.EDIT, HelpArticle.policy.access) else None,
        )
        return self.render("steward/help.html", page=page)

    @expose("/<slug>/")
    def read(self, slug: str) -> str:
        one = _wanted(slug)
        helped, not_helped = help_feedback.totals(slug)
        page = SimpleNamespace(
            title=localized(one, "title", language()),
            lead=_(HelpKind(one.kind).label),
            text=localized(one, "text", language()),
            since=one.effective_from,
            edition=one.number,
            for_everybody=one.audience == Audience.PUBLIC,
            helped=helped,
            not_helped=not_helped,
            url=f"/admin/help/{slug}/",
        )
        return self.render("steward/help_article.html", page=page)

    @expose("/<slug>/", methods=("POST",))
    def say(self, slug: str) -> Response:
        """Keep whether it helped; who says it again changes their mind."""
        one = _wanted(slug)
        said = request.form.get("helped", "")
        if said not in {"yes", "no"}:
            abort(400)
        help_feedback.record_feedback(one.slug, me().pk, said == "yes", datetime.now(UTC))  # type: ignore[union-attr]
        flash(_("Thank you. Those who write the help see it."), "success")
        return redirect(f"/admin/help/{one.slug}/")


def _wanted(slug: str) -> HelpArticle:
    found = article(slug[:LONGEST], datetime.now(UTC))
    if found is None:
        abort(404)
    return found


def _groups(found: list[HelpArticle]) -> list[Row]:
    code = language()
    by_kind = {
        kind: [
            {
                "title": localized(one, "title", code),
                "url": f"/admin/help/{one.slug}/",
                "start": _start(one, code),
            }
            for one in found
            if one.kind == kind
        ]
        for kind in HelpKind
    }
    return [{"label": _(HEADINGS[kind]), "articles": rows} for kind, rows in by_kind.items() if rows]


def _start(one: HelpArticle, code: str) -> str:
    """The first line, to tell articles apart."""
    return localized(one, "text", code).partition("\n")[0][:LONGEST]


def _contact(point: ContactPoint) -> Row:
    regions = choice_words(ContactPoint._fields["region"])
    return {
        "purpose": _(Purpose(point.purpose).label),
        "region": regions.get(point.region or "", ""),
        "phone": point.phone,
        "email": point.email,
        "hours": localized(point, "hours", language()),
        "first": point.purpose == Purpose.COMPLAINTS,
    }
