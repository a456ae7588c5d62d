"""A register that only tests know: it declares one of everything a document can declare."""

from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import (
    BooleanField,
    DateField,
    DecimalField,
    DictField,
    EmailField,
    EmbeddedDocumentField,
    FloatField,
    IntField,
    ListField,
    LongField,
    StringField,
    URLField,
)

from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, Upload, action
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Mask, Personal, Policy
from records.declaration.record import Governed
from records.declaration.subdocument import Subdocument
from security.permissions import TICKETS, Action


class Why(Choice):
    """Why a parcel changes hands."""

    MOVED = "moved", N_("Moved away")
    OTHER = "other", N_("Other")


class Colour(Choice):
    """What it is wrapped in."""

    RED = "red", N_("Red")
    BLUE = "blue", N_("Blue")


class Size(Subdocument):
    """How large it is."""

    width = IntField(min_value=1, verbose_name="Width")
    unit = StringField(max_length=4, verbose_name="Unit")


class Leg(Subdocument):
    """One way it went."""

    place = StringField(required=True, max_length=40, verbose_name="Place")
    at = UTCDateTimeField(verbose_name="When")
    note = StringField(multiline=True, verbose_name="Remarks")


class Parcel(Governed):
    """A thing that is handed over."""

    policy = Policy(
        title="Parcels",
        singular="Parcel",
        group="Tickets",
        access=TICKETS,
        subject="addressee",
        label="number",
        columns=("number", "colour", "weight", "sent_at", "keeper"),
        filters=("colour", "keeper", "created_at"),
        search=("number", "story"),
        sections=(("The parcel", ("number", "story", "colour")),),
    )

    number = StringField(required=True, max_length=20, verbose_name="Number")
    story = StringField(multiline=True, verbose_name="Story", help_text="What there is to say of it")
    colour = StringField(choices=list(Colour), default=Colour.RED, required=True, verbose_name="Colour")
    stamp = StringField(choices=list(Colour), verbose_name="Stamp")
    pieces = IntField(min_value=0, max_value=99, verbose_name="Pieces")
    barcode = LongField(verbose_name="Barcode")
    weight = FloatField(min_value=0, verbose_name="Weight")
    price = DecimalField(precision=2, verbose_name="Price")
    fragile = BooleanField(verbose_name="Fragile")
    sent_at = UTCDateTimeField(verbose_name="Sent")
    day = DateField(verbose_name="Day")
    mail = EmailField(verbose_name="Mail")
    link = URLField(verbose_name="Link")
    addressee = ReferenceIdField("users", verbose_name="Addressee")
    marks = ListField(StringField(), verbose_name="Marks")
    colours = ListField(StringField(choices=list(Colour)), verbose_name="Colours")
    hands = ListField(ReferenceIdField("staff"), verbose_name="Hands")
    size = EmbeddedDocumentField(Size, verbose_name="Size")
    legs = ListField(EmbeddedDocumentField(Leg), verbose_name="Legs")
    scans = ListField(EmbeddedDocumentField(Leg), append_only=True, verbose_name="Scans")
    origin = StringField(locked=True, verbose_name="Origin")
    secret = EncryptedStringField(
        max_length=40, verbose_name="Secret", personal=Personal("user.name", mask=Mask.NAME)
    )
    letter = EncryptedStringField(
        multiline=True, verbose_name="Letter", personal=Personal("user.content", mask=Mask.OPEN)
    )
    facts = DictField(verbose_name="Facts")
    keeper = ReferenceIdField("staff", system=True, verbose_name="Keeper")
    inner = StringField(internal=True)

    handed: list[dict[str, Any]] = []

    meta = {"collection": "parcels"}

    @action(
        N_("Hand over"),
        Action.EDIT,
        inputs=(
            ActionInput("words", N_("In a word")),
            ActionInput("account", N_("The whole account"), "long-text", required=False),
            ActionInput("why", N_("Why"), "choice", choices=Why),
            ActionInput("to", N_("To whom"), "reference", collection="staff"),
            ActionInput("at", N_("When"), "moment", required=False),
            ActionInput("letter", N_("Their letter"), "file", required=False),
            ActionInput("sure", N_("The parcel is whole"), "check"),
        ),
    )
    def hand_over(
        self,
        now: datetime,
        words: str,
        account: str,
        why: Why,
        to: ObjectId,
        at: datetime | None,
        letter: Upload | None,
        sure: bool,
    ) -> None:
        if to == self.keeper:
            raise ActionRefused(N_("%(number)s is theirs already (%(why)s)."), number=self.number, why=why)
        self.keeper = to
        self.save(now=now, reason=words)
        self.handed.append({"account": account, "why": why, "at": at, "letter": letter, "sure": sure})
