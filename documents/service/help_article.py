"""The help centre: questions with their answers, and guides, for staff and for the public (R41)."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId
from mongoengine import StringField

from language.translated_fields import TITLE, fields_by_language, translated_fields
from language.words import N_, Choice
from records.declaration.policy import Fate, Policy, Remind
from records.declaration.register_choices import RegisterChoices
from records.lists import search
from records.versioned import EditionState, Versioned, in_force
from security.permissions import HELP, Role

MOST_FOUND = 50


class HelpKind(Choice):
    """What an article is."""

    QUESTION = "question", N_("Question and answer")
    GUIDE = "guide", N_("Guide")


class Audience(Choice):
    """Whom an article is for."""

    STAFF = "staff", N_("Staff")
    PUBLIC = "public", N_("Everybody, also outside")


class HelpArticle(Versioned):
    """One article. Whoever writes it may publish it; every edition is kept."""

    of = ("slug",)
    wordings = ("title", "text")
    content = ("kind", "audience", "about")
    second_person = False

    policy = Policy(
        title=N_("Help articles"),
        singular=N_("Help article"),
        group=N_("Service"),
        icon="info",
        access=HELP,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own words; nothing of a person"),
        remind=Remind("review_at", EditionState.APPROVED, Role.SUPERVISOR),
        label="number",
        columns=("number", "title_en", "title_zh_cn", "kind", "audience", "about", "state", "effective_from"),
        filters=("state", "kind", "audience", "about", "effective_from", "review_at"),
        search=("slug", "title_en", "title_zh_cn", "title_zh_tw", "text_en", "text_zh_cn", "text_zh_tw"),
        sections=(
            (N_("The article"), ("number", "slug", "kind", "audience", "about")),
            *fields_by_language("title", "text"),
            (
                N_("Approval"),
                ("state", "effective_from", "effective_until", "approved_by", "approved_at", "review_at"),
            ),
        ),
    )

    slug = StringField(
        required=True,
        locked=True,
        max_length=60,
        regex=r"^[a-z0-9-]+$",
        verbose_name=N_("Address"),
        help_text=N_("The end of its address, in small letters, such as reply-to-a-complaint."),
    )
    kind = StringField(
        choices=list(HelpKind), required=True, default=HelpKind.QUESTION, verbose_name=N_("Kind")
    )
    audience = StringField(
        choices=list(Audience), required=True, default=Audience.STAFF, verbose_name=N_("For whom")
    )
    about = StringField(
        choices=RegisterChoices(),
        verbose_name=N_("About which register"),
        help_text=N_("The link “Help” on the pages of that register leads to it."),
    )
    title_en, title_zh_cn, title_zh_tw = translated_fields(TITLE, max_length=200)
    text_en, text_zh_cn, text_zh_tw = translated_fields(N_("Text"), max_length=20_000, multiline=True)

    meta = {"collection": "help_articles"}


def articles(now: datetime, *, about: str = "", words: str = "") -> list[HelpArticle]:
    """The articles in force, by kind and title: all, those about a register, or those that `words` find."""
    where: dict[str, object] = {"about": about} if about else {}
    if words:
        where["_id"] = {"$in": _found(words)}
    return sorted(in_force(HelpArticle, now, **where), key=lambda one: (one.kind, one.title_en))


def article(slug: str, now: datetime) -> HelpArticle | None:
    """The article at an address that is in force at `now`."""
    return next(iter(in_force(HelpArticle, now, slug=slug)), None)


def _found(words: str) -> Iterable[ObjectId]:
    return search.ids(HelpArticle, words, MOST_FOUND)
