"""Users: the people and organisations the company works for."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from mongoengine import StringField

from documents.erasure.deletion_request import DeletionRequest
from documents.privacy.data_subject_actions import DataSubject
from documents.privacy.restriction import Restrictable
from language.words import N_, Choice
from records.declaration.actions import ActionGroup, action
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Mask, Personal, Policy
from records.legal_hold import Holdable
from records.storage import sequence
from security.permissions import PEOPLE, Action
from working_time.regions import Region


class UserKind(Choice):
    """R1, S0 一(二)."""

    INDIVIDUAL = "individual", N_("Individual")
    ENTERPRISE = "enterprise", N_("Enterprise")
    INSTITUTION = "institution", N_("Institution")


class Relation(Choice):
    """R1, S3 2.2."""

    PARTNER = "partner", N_("Partner")
    CONSUMER = "consumer", N_("Consumer")
    PROSPECT = "prospect", N_("Prospect")


class Source(Choice):
    """How the data lawfully came to us (R5)."""

    FORM = "form", N_("Form filled in by the user")
    COMMUNICATION = "communication", N_("Record of communication")
    CONTRACT = "contract", N_("Contract")
    IMPORT = "import", N_("Earlier register")


class CustomerClass(Choice):
    """By importance and scope of cooperation (R10)."""

    KEY = "key", N_("Key customer")
    REGULAR = "regular", N_("Regular customer")
    OCCASIONAL = "occasional", N_("Occasional customer")


class UserStatus(Choice):
    """Where the relation stands (R84)."""

    ACTIVE = "active", N_("Active")
    WARNED = "warned", N_("Warned")
    RESTRICTED = "restricted", N_("Restricted")
    BANNED = "banned", N_("Banned")
    ENDED = "ended", N_("Relation ended")


class User(DataSubject, Restrictable, Holdable):
    """A data subject: the person, or the contact of an organisation, we work for (R1, R2)."""

    policy = Policy(
        title=N_("Users"),
        singular=N_("User"),
        group=N_("People"),
        icon="users",
        access=PEOPLE,
        subject="self",
        on_erasure=Fate.ERASE,
        keep=Keep(
            after="relation_ended_at",
            years=3,
            fate=Fate.ERASE,
            basis=N_("User policy 2(5)1: at the end of the relation"),
        ),
        label="number",
        columns=(
            "number",
            "name",
            "kind",
            "relation",
            "customer_class",
            "status",
            "account_manager",
            "created_at",
        ),
        filters=(
            "kind",
            "relation",
            "customer_class",
            "status",
            "account_manager",
            "created_at",
            "relation_ended_at",
            "restricted_at",
        ),
        search=("number", "project_needs", "design_preferences"),
        sections=(
            (N_("Who"), ("number", "kind", "relation", "name", "phone", "email")),
            (N_("What they need"), ("project_needs", "design_preferences")),
            (
                N_("How we work together"),
                ("customer_class", "account_manager", "region", "status", "relation_ended_at"),
            ),
            (N_("Where the data comes from"), ("source", "source_note")),
            (N_("What may be done with it"), ("restricted_at", "restriction")),
        ),
    )

    number = StringField(max_length=20, verbose_name=N_("User number"), system=True)
    kind = StringField(
        choices=list(UserKind), required=True, default=UserKind.INDIVIDUAL, verbose_name=N_("Kind")
    )
    relation = StringField(
        choices=list(Relation), required=True, default=Relation.CONSUMER, verbose_name=N_("Relation")
    )
    name = EncryptedStringField(
        required=True, max_length=120, verbose_name=N_("Name"), personal=Personal("user.name", mask=Mask.NAME)
    )
    phone = EncryptedStringField(
        max_length=40,
        verbose_name=N_("Phone"),
        personal=Personal("user.contact.phone", mask=Mask.PHONE, identity="phone"),
    )
    email = EncryptedStringField(
        max_length=254,
        verbose_name=N_("E-mail"),
        personal=Personal("user.contact.email", mask=Mask.EMAIL, identity="email"),
    )
    project_needs = EncryptedStringField(
        multiline=True, verbose_name=N_("Project needs"), personal=Personal("user.needs", mask=Mask.OPEN)
    )
    design_preferences = EncryptedStringField(
        multiline=True,
        verbose_name=N_("Design preferences"),
        personal=Personal("user.preferences", mask=Mask.OPEN),
    )
    source = StringField(
        choices=list(Source), required=True, default=Source.FORM, verbose_name=N_("Source of the data")
    )
    source_note = StringField(max_length=300, verbose_name=N_("Which form or record"))
    customer_class = StringField(
        choices=list(CustomerClass), default=CustomerClass.REGULAR, verbose_name=N_("Class")
    )
    account_manager = ReferenceIdField("staff", verbose_name=N_("Account manager"))
    region = StringField(
        choices=list(Region),
        verbose_name=N_("Region"),
        help_text=N_("Whose working hours and public holidays count for what we owe them."),
    )
    status = StringField(
        choices=list(UserStatus), required=True, default=UserStatus.ACTIVE, verbose_name=N_("Status")
    )
    relation_ended_at = UTCDateTimeField(verbose_name=N_("Relation ended"))

    importable_system_fields: ClassVar[tuple[str, ...]] = ("created_at",)

    meta = {
        "collection": "users",
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["account_manager", "-created_at"], "name": "by_manager"},
            {"fields": ["relation_ended_at", "_id"], "name": "retention"},
            {"fields": ["restricted_at", "_id"], "name": "restricted"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        first = sequence.next_numbers("users", len(records))
        for offset, user in enumerate(records):
            user.number = user.number or f"U-{first + offset:06d}"

    def set_import_source(self, source: str, key: str) -> None:
        self.source, self.source_note = Source.IMPORT, f"{source} {key}".strip()[:300]

    @action(
        N_("Request deletion"),
        Action.REQUEST_DELETION,
        comment=N_("Why this person's data is to be deleted"),
        danger=True,
        bulk=True,
        bulk_method="request_deletions",
        group=ActionGroup.DATA,
    )
    def request_deletion(self, now: datetime, note: str) -> None:
        """Have all data of this person deleted (R24); a job carries it out. Safe to repeat."""
        DeletionRequest.create_request(self.pk, self.number, note, now)

    @classmethod
    def request_deletions(cls, users: Sequence[Self], now: datetime, note: str) -> None:
        """Have all data of these persons deleted, as above."""
        DeletionRequest.ask_for({user.pk: user.number for user in users}, note, now)

    @action(
        N_("Plan an erasure"),
        Action.REQUEST_DELETION,
        comment=N_("Why this person's data is to be erased"),
        danger=True,
        group=ActionGroup.DATA,
    )
    def plan_erasure(self, now: datetime, note: str) -> None:
        """Have everything of this person found and laid out, for a second officer to approve (R24)."""
        DeletionRequest.create_request(self.pk, self.number, note, now, planned=True)
