"""Where people reach us: the telephone number and address for complaints, shown prominently (R41, R58)."""

from mongoengine import EmailField, StringField

from language.languages import Language
from language.translated_fields import fields_by_language, localized, translated_fields
from language.words import N_, Choice
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage.database import database, session
from security.permissions import CONTACTS
from working_time.regions import Region

MOST = 50


class Purpose(Choice):
    """What somebody turns to us with."""

    COMPLAINTS = "complaints", N_("Complaints")
    SERVICE = "service", N_("Questions and service")
    PRIVACY = "privacy", N_("Personal data")


class ContactPoint(Governed):
    """One way to reach us, for one purpose and one region."""

    policy = Policy(
        title=N_("Contact points"),
        singular=N_("Contact point"),
        group=N_("Service"),
        icon="mail",
        access=CONTACTS,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own addresses; nothing of a person"),
        label="purpose",
        columns=("purpose", "region", "phone", "email", "hours_en", "updated_at"),
        filters=("purpose", "region"),
        sections=(
            (N_("Where people reach us"), ("purpose", "region", "phone", "email")),
            *fields_by_language("hours"),
        ),
    )

    purpose = StringField(choices=list(Purpose), required=True, verbose_name=N_("For what"))
    region = StringField(
        choices=list(Region),
        verbose_name=N_("Region"),
        help_text=N_("Left open, for people of every region."),
    )
    phone = StringField(max_length=40, verbose_name=N_("Phone"))
    email = EmailField(max_length=254, verbose_name=N_("E-mail"))
    hours_en, hours_zh_cn, hours_zh_tw = translated_fields(N_("When somebody answers"), max_length=120)

    meta = {
        "collection": "contact_points",
        "indexes": [{"fields": ["purpose", "region"], "unique": True, "name": "one_each"}],
    }

    def line(self, language: str) -> str:
        """All of it in a line: telephone, address, hours."""
        return " · ".join(filter(None, (self.phone, self.email, localized(self, "hours", language))))


def contact_points(region: str | None = None) -> list[ContactPoint]:
    """Where people of a region reach us, or of any; complaints first. One query."""
    where = {"region": {"$in": [None, region]}} if region else {}
    rows = database()[ContactPoint.collection_name()].find(where, {"search": 0}, session=session())
    order = [str(purpose) for purpose in Purpose]
    found = [ContactPoint._from_son(row) for row in rows.limit(MOST)]
    return sorted(found, key=lambda one: (order.index(one.purpose), one.region or ""))


FOOTER = {
    Language.ENGLISH: "Complaints: %s", Language.SIMPLIFIED: "投诉：%s", Language.TRADITIONAL: "申訴：%s"
}  # fmt: skip
"""How the last line of a letter begins; it goes out in the letter's language, whoever is signed in."""


def footer(language: str) -> str:
    """What stands under every mail in a language: where to complain. Nothing where that is not known."""
    spoken = Language.named(language)
    home = spoken.region or None
    lines = [
        FOOTER[spoken] % line
        for point in contact_points(home)
        if point.purpose == Purpose.COMPLAINTS
        and point.region in {None, home}
        and (line := point.line(language))
    ]
    return "\n".join(["-- ", *lines]) if lines else ""
