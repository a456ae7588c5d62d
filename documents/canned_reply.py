"""Ready-made replies: one text in three languages, with blanks that the ticket fills in (R37, R38)."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mongoengine import BooleanField, StringField, ValidationError

from documents.declaration.policy import Fate, Policy
from documents.declaration.record import Governed
from documents.declaration.words import N_
from documents.message import Language, Use
from documents.storage.database import database, session
from security.actor import acting
from security.permissions import CANNED_REPLIES

BLANK = re.compile(r"\{(\w*)\}")
BLANKS = ("number", "user_number", "due", "progress_due", "handler")
"""What a ticket fills in: its number, its person's, when it is due, when we write next, and who writes."""
ZONES = {Language.TRADITIONAL: ZoneInfo("Asia/Taipei")}
OFFICE = ZoneInfo("Asia/Shanghai")
TEXTS = {Language.ENGLISH: "english", Language.SIMPLIFIED: "simplified", Language.TRADITIONAL: "traditional"}
HELP = N_("These are filled in: {number}, {user_number}, {due}, {progress_due}, {handler}.")


class CannedReply(Governed):
    """One ready-made reply. The text for a language that has none is the English one."""

    policy = Policy(
        title=N_("Ready-made replies"),
        one=N_("Ready-made reply"),
        group=N_("Tickets"),
        icon="mail",
        access=CANNED_REPLIES,
        on_erasure=Fate.RETAIN,
        basis="The company's own words; nothing of a person",
        label="name",
        columns=("name", "use", "english", "active", "updated_at"),
        filters=("use", "active"),
        search=("name", "english", "simplified", "traditional"),
        order="name",
        sections=((N_("The reply"), ("name", "use", "active", "english", "simplified", "traditional")),),
    )

    name = StringField(required=True, max_length=120, verbose_name=N_("Name"))
    use = StringField(choices=list(Use), required=True, default=Use.REPLY, verbose_name=N_("What for"))
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
            {"fields": ["search", "-_id"], "name": "search"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, and with no blank that nothing fills in."""
        super().validate(clean)
        for name in TEXTS.values():
            if unknown := set(BLANK.findall(getattr(self, name) or "")) - set(BLANKS):
                wrong = {name: f"nothing fills in {{{min(unknown)}}}"}
                raise ValidationError("a blank that nothing fills in", errors=wrong)

    def text(self, language: Language) -> str:
        return getattr(self, TEXTS[language]) or self.english

    def filled(self, ticket: Any, language: Language) -> str:
        """The text as it goes out for a ticket; what is not known of it is a dash."""
        return fill(self.text(language), facts(ticket, language))


def fill(text: str, known: dict[str, str]) -> str:
    """Put what is known into the blanks of a text, once: what is put in is never read for blanks itself."""
    return BLANK.sub(lambda blank: known.get(blank[1], blank[0]), text)


def facts(ticket: Any, language: Language) -> dict[str, str]:
    """What a ticket puts into the blanks, in words of a language."""
    zone = ZONES.get(language, OFFICE)
    row = database()["users"].find_one({"_id": ticket.user}, {"number": 1}, session=session())
    return {
        "number": ticket.number,
        "user_number": row["number"] if row else "–",
        "due": _moment(ticket.due_at, zone),
        "progress_due": _moment(ticket.progress_due_at, zone),
        "handler": acting().name,
    }


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "–"
