"""Ready-made replies: one text in three languages, with blanks that the ticket fills in (R37, R38)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from mongoengine import BooleanField, StringField, ValidationError

from documents.conversation.message import MessageKind
from documents.service.price import QUOTED, quote
from documents.staff.staff import Staff
from language.languages import Language
from language.words import N_
from records import rows
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.registry import kind_of
from records.storage.database import database, session
from security.actor import current_actor
from security.permissions import CANNED_REPLIES

BLANK = re.compile(r"\{(\w*)\}")
BLANKS = ("number", "user_number", "due", "progress_due", "handler")
"""What a ticket fills in: its number, its person's, when it is due, when we write next, and who writes.
Prices are quoted beside these (documents/service/price.py)."""
OFFICE = "Asia/Shanghai"
USES = [MessageKind.REPLY, MessageKind.PROGRESS, MessageKind.SURVEY]
"""What is written with a text of the panel; all else has words of its own."""
TEXTS = {Language.ENGLISH: "english", Language.SIMPLIFIED: "simplified", Language.TRADITIONAL: "traditional"}
OPEN = N_(
    "This cannot be filled in: %(blanks)s. Please write it by hand, or take it out; until then nothing is sent."
)
HELP = N_(
    "These are filled in: {number}, {user_number}, {due}, {progress_due}, {handler}; and the price of a service "
    "by its word on the price list, such as {price_logo_design}."
)


class CannedReply(Governed):
    """One ready-made reply. The text for a language that has none is the English one."""

    policy = Policy(
        title=N_("Ready-made replies"),
        singular=N_("Ready-made reply"),
        group=N_("Tickets"),
        icon="mail",
        access=CANNED_REPLIES,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own words; nothing of a person"),
        label="name",
        columns=("name", "use", "english", "active", "updated_at"),
        filters=("use", "active"),
        search=("name", "english", "simplified", "traditional"),
        order="name",
        sections=((N_("The reply"), ("name", "use", "active", "english", "simplified", "traditional")),),
    )

    name = StringField(required=True, max_length=120, verbose_name=N_("Name"))
    use = StringField(choices=USES, required=True, default=MessageKind.REPLY, verbose_name=N_("What for"))
    active = BooleanField(default=True, verbose_name=N_("In use"))
    english = StringField(
        required=True, max_length=5000, multiline=True, verbose_name=N_("English"), help_text=HELP
    )
    simplified = StringField(max_length=5000, multiline=True, verbose_name=N_("Simplified Chinese"))
    traditional = StringField(max_length=5000, multiline=True, verbose_name=N_("Traditional Chinese"))

    meta = {
        "collection": "canned_replies",
        "indexes": [
            {"fields": ["name"], "unique": True, "name": "one_name"},
            {"fields": ["name", "_id"], "name": "by_name"},
            {"fields": ["use", "active", "name"], "name": "by_use"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, and with no blank that nothing fills in."""
        super().validate(clean)
        for name in TEXTS.values():
            used = BLANK.findall(getattr(self, name) or "")
            if unknown := {blank for blank in used if not blank.startswith(QUOTED)} - set(BLANKS):
                wrong = {name: f"nothing fills in {{{min(unknown)}}}"}
                raise ValidationError("a blank that nothing fills in", errors=wrong)

    def text(self, language: Language) -> str:
        return getattr(self, TEXTS[language]) or self.english

    def rendered(self, ticket: Any, language: Language) -> str:
        """The text as it goes out for a ticket. Raises `ActionRefused` where a blank of it stays open."""
        words = self.text(language)
        return complete(words, context(ticket, language, words))


def find_for(use: MessageKind) -> CannedReply | None:
    """The text in use for something that is written without a person; of several, the first by name."""
    wanted = {"use": use.value, "active": True}
    row = database()[CannedReply.collection_name()].find_one(wanted, session=session(), sort=[("name", 1)])
    return CannedReply._from_son(row) if row else None


def render(text: str, known: Mapping[str, str]) -> str:
    """Put what is known into the blanks of a text, once: what is put in is never read for blanks itself."""
    return BLANK.sub(lambda blank: known.get(blank[1], blank[0]), text)


def placeholders(text: str, known: Mapping[str, str]) -> list[str]:
    """The blanks of a text that nothing fills in, as they stand there, each once."""
    return list(dict.fromkeys(blank[0] for blank in BLANK.finditer(text) if blank[1] not in known))


def complete(text: str, known: Mapping[str, str]) -> str:
    """The text with its blanks filled in. Raises `ActionRefused` where one stays open."""
    if left := placeholders(text, known):
        raise ActionRefused(OPEN, blanks=", ".join(left))
    return render(text, known)


def context(ticket: Any, language: Language, words: str, now: datetime | None = None) -> dict[str, str]:
    """What is put into the blanks of `words` for a ticket, in a language; what is not known is not in it.
    Prices are read only where some are quoted: those in force at `now`, in what its person pays with."""
    zone = language.zone_or(OFFICE)
    users = rows(kind_of("users"), {"_id": ticket.user}, ["number"])
    known = {
        "number": ticket.number,
        "user_number": users[0]["number"] if users else None,
        "due": _moment(ticket.due_at, zone),
        "progress_due": _moment(ticket.progress_due_at, zone),
        "handler": _handler(ticket),
    }
    prices = quote(ticket.region, language, now or datetime.now(UTC)) if f"{{{QUOTED}" in words else {}
    return {name: said for name, said in known.items() if said} | prices


def _handler(ticket: Any) -> str | None:
    """Who writes; what goes out without a person names whoever deals with the ticket."""
    if current_actor().id.startswith("staff:"):
        return current_actor().name
    handler = Staff.one({"_id": ticket.assignee})
    return handler.name if handler else None


def _moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else None
