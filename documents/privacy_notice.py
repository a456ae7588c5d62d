"""Notices: what people are told before we take their data: what, why and how, in their language (R3)."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from mongoengine import IntField, ListField, StringField, ValidationError

from documents.declaration.fields import Moment
from documents.declaration.policy import Fate, Policy
from documents.declaration.record import Governed
from documents.declaration.verbs import Refused, verb
from documents.declaration.words import N_, Choice
from documents.privacy.purpose import Purpose
from documents.storage import sequence, writing
from documents.storage.database import atomically, database, session
from documents.storage.writing import LockedField
from security.permissions import NOTICES, Action


class NoticeState(Choice):
    """A notice is written, then published as it is, then replaced by the next."""

    DRAFT = "draft", N_("Draft")
    PUBLISHED = "published", N_("Published")
    SUPERSEDED = "superseded", N_("Superseded")


class Category(Choice):
    """Kinds of personal data in people's words, for those of `documents.declaration.policy.CATEGORIES`."""

    NAME = "user.name", N_("Name")
    EMAIL = "user.contact.email", N_("E-mail address")
    PHONE = "user.contact.phone", N_("Phone number")
    ADDRESS = "user.contact.address", N_("Postal address")
    ACCOUNT = "user.account", N_("Account")
    CONTENT = "user.content", N_("What they wrote or said to us")
    PREFERENCES = "user.preferences", N_("Preferences")
    NEEDS = "user.needs", N_("What they need")
    BEHAVIOUR = "user.behaviour", N_("What they did")
    DEMOGRAPHIC = "user.demographic", N_("Age, place and the like")


TEXTS = {"en": "text_en", "zh_Hans_CN": "text_zh_cn", "zh_Hant_TW": "text_zh_tw"}
"""Where the words of each language stand."""
ADDED = ("address", "jurisdiction")
"""What later versions of the product ask as well: in the fingerprint where something is said."""
CONTENT = (
    "purpose", *TEXTS.values(), "controller", "contact", "categories", "recipients", "storage",
    "kept_for", "valid_days", *ADDED,
)  # fmt: skip
"""What people are shown, and so what is fixed once it is published."""


class PrivacyNotice(Governed):
    """One version of what we say about one purpose. Published, it never changes again."""

    policy = Policy(
        title=N_("Privacy notices"),
        one=N_("Privacy notice"),
        group=N_("People"),
        icon="notices",
        access=NOTICES,
        on_erasure=Fate.RETAIN,
        basis="The company's own words; they concern no person",
        label="number",
        columns=("number", "purpose", "state", "controller", "published_at", "superseded_at"),
        filters=("purpose", "state", "published_at"),
        sections=(
            (N_("The notice"), ("number", "purpose", "state", "published_at", "superseded_at")),
            (N_("What people read"), tuple(TEXTS.values())),
            (
                N_("Facts for the receipt"),
                (
                    "controller",
                    "address",
                    "contact",
                    "jurisdiction",
                    "categories",
                    "recipients",
                    "storage",
                    "kept_for",
                    "valid_days",
                    "text_hash",
                ),
            ),
        ),
    )

    number = StringField(max_length=60, system=True, verbose_name=N_("Version"))
    purpose = StringField(choices=list(Purpose), required=True, locked=True, verbose_name=N_("Purpose"))
    state = StringField(
        choices=list(NoticeState), default=NoticeState.DRAFT, system=True, verbose_name=N_("State")
    )
    text_en = StringField(max_length=20_000, multiline=True, verbose_name=N_("English"))
    text_zh_cn = StringField(max_length=20_000, multiline=True, verbose_name=N_("Simplified Chinese"))
    text_zh_tw = StringField(max_length=20_000, multiline=True, verbose_name=N_("Traditional Chinese"))
    controller = StringField(required=True, max_length=200, verbose_name=N_("Who answers for the data"))
    address = StringField(max_length=300, verbose_name=N_("Their address"))
    jurisdiction = StringField(
        max_length=200,
        verbose_name=N_("Under which law"),
        help_text=N_("Such as: mainland China, PIPL. Receipts of consent name it."),
    )
    contact = StringField(
        required=True,
        max_length=300,
        verbose_name=N_("Where to turn"),
        help_text=N_("Where consent is taken back and rights are claimed."),
    )
    categories = ListField(StringField(choices=list(Category)), verbose_name=N_("Which data"), required=True)
    recipients = StringField(max_length=500, verbose_name=N_("Who receives it"))
    storage = StringField(max_length=200, verbose_name=N_("Where it is stored"))
    kept_for = StringField(max_length=200, verbose_name=N_("How long it is kept"))
    valid_days = IntField(
        min_value=1,
        max_value=3660,
        verbose_name=N_("A consent is valid for days"),
        help_text=N_("Left open, it is valid until it is taken back."),
    )
    published_at = Moment(system=True, verbose_name=N_("Published"))
    superseded_at = Moment(system=True, verbose_name=N_("Superseded"))
    text_hash = StringField(system=True, verbose_name=N_("Fingerprint"))
    in_force_for = StringField(internal=True, unaudited=True)

    meta = {
        "collection": "privacy_notices",
        "indexes": [
            {"fields": ["in_force_for"], "unique": True, "sparse": True, "name": "one_in_force"},
            {"fields": ["purpose", "-created_at"], "name": "of_purpose"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for notice in records:
            if not notice.number:
                notice.number = f"{notice.purpose}-{sequence.take(f'privacy-notice-{notice.purpose}')}"

    def validate(self, clean: bool = True) -> None:
        """As declared; raises `LockedField` where published words were to be changed."""
        super().validate(clean)
        if self.stored and self.stored.get("state") != NoticeState.DRAFT:
            before = type(self)._from_son(self.stored)
            for name in CONTENT:
                if getattr(self, name) != getattr(before, name):
                    raise LockedField(name)

    @verb(N_("Publish"), Action.EDIT, when=lambda notice: notice.state == NoticeState.DRAFT)
    def publish(self, now: datetime) -> None:
        """Show it to people from now on, in place of the version before. Raises `Refused` where the
        words of a language are missing."""
        for name in TEXTS.values():
            if not getattr(self, name):
                raise Refused(N_("Words are missing: a notice is published in all three languages."))
        atomically(lambda: self._replace(now))

    def _replace(self, now: datetime) -> None:
        before = in_force(Purpose(self.purpose))
        if before:
            before.state, before.superseded_at, before.in_force_for = NoticeState.SUPERSEDED, now, None
            before.save(now=now, reason=self.number)
        self.state, self.published_at, self.in_force_for = NoticeState.PUBLISHED, now, self.purpose
        self.text_hash = self.fingerprint()
        self.save(now=now)

    @verb(N_("Write the next version"), Action.EDIT, when=lambda notice: notice.state != NoticeState.DRAFT)
    def revise(self, now: datetime) -> None:
        """Begin a draft with the words of this version. Raises `Refused` where one is begun already."""
        if _one({"purpose": self.purpose, "state": NoticeState.DRAFT.value}):
            raise Refused(N_("A draft of the next version is there already."))
        draft = PrivacyNotice(**{name: getattr(self, name) for name in CONTENT})
        writing.save(draft, now=now)

    def fingerprint(self) -> str:
        """SHA-256 over all that people are shown, in a fixed order: what was agreed to can be proved."""
        stored = self.to_mongo()
        shown = {name: stored.get(name) for name in CONTENT if name in stored or name not in ADDED}
        text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def text(self, language: str) -> str:
        """The words in a language of the panel; in English where there are none."""
        return getattr(self, TEXTS.get(language, "text_en")) or self.text_en or ""

    def until(self, given: datetime) -> datetime | None:
        """Until when a consent given under it is valid; None: until it is taken back."""
        return given + timedelta(days=self.valid_days) if self.valid_days else None


def in_force(purpose: Purpose) -> PrivacyNotice | None:
    """The notice that people are shown now for a purpose."""
    return _one({"in_force_for": purpose.value})


def read(pk: Any) -> PrivacyNotice:
    """The notice that a consent names. Raises mongoengine's ValidationError where it is gone."""
    notice = _one({"_id": pk})
    if notice is None:
        raise ValidationError("there is no such notice", errors={"notice": "gone"})
    return notice


def _one(where: dict[str, Any]) -> PrivacyNotice | None:
    row = database()[PrivacyNotice.collection_name()].find_one(where, session=session())
    return PrivacyNotice._from_son(row) if row else None
