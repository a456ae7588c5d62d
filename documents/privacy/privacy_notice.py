"""Notices, agreements and terms: what people are told, and what they agree to, in their language.

A privacy notice says before we take data what we take, why and how (R3); the user agreement and the terms
of service are read and agreed to before the service begins (R22, R23). All of them come in versions.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from mongoengine import EmbeddedDocumentField, IntField, ListField, StringField, ValidationError

from documents.privacy import terms_notification
from language.languages import Language
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Policy, Remind
from records.declaration.purpose import Purpose
from records.declaration.record import Governed
from records.declaration.subdocument import Subdocument
from records.storage import sequence, writer
from records.storage.database import database, in_transaction, session
from records.storage.writer import ImmutableField
from security.permissions import NOTICES, Action, Role

REVIEW_AFTER, AHEAD = timedelta(days=365), timedelta(days=30)
"""When a published text is to be looked at again, unless somebody says otherwise; told so long before."""


class NoticeKind(Choice):
    """What a text is: the first tells, the others are agreed to."""

    PRIVACY = "privacy", N_("Privacy notice")
    AGREEMENT = "user-agreement", N_("User agreement")
    TERMS = "terms", N_("Terms of service")


class Topic(Choice):
    """What a clause of an agreement is about."""

    SERVICE = "service", N_("What the service is")
    FEES = "fees", N_("What it costs")
    CHANGES = "changes", N_("How changes are announced")
    TERMINATION = "termination", N_("When and how it ends")
    RIGHTS = "rights", N_("Rights of the user")
    DUTIES = "duties", N_("Duties of the user")
    DISPUTES = "disputes", N_("What happens in a dispute")
    OTHER = "other", N_("Other")
    NEWS = "news", N_("What is new in this version")


COMPLETE = {
    NoticeKind.PRIVACY: (),
    NoticeKind.AGREEMENT: (Topic.RIGHTS, Topic.DUTIES, Topic.CHANGES, Topic.DISPUTES),
    NoticeKind.TERMS: (Topic.SERVICE, Topic.FEES, Topic.CHANGES, Topic.TERMINATION),
}
"""What a text must speak of before it is published (S0 五, 六(三); S2 篇2 4)."""


class NoticeState(Choice):
    """A notice is written, then published as it is, then replaced by the next."""

    DRAFT = "draft", N_("Draft")
    PUBLISHED = "published", N_("Published")
    SUPERSEDED = "superseded", N_("Superseded")


class Category(Choice):
    """Kinds of personal data in people's words, for those of `records.declaration.policy.CATEGORIES`."""

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


TEXTS = {language: f"text{language.suffix}" for language in Language}
"""Where the words of each language stand."""
ADDED = ("address", "jurisdiction", "kind", "clauses")
"""What later versions of the product ask as well: in the fingerprint where something is said."""
CONTENT = (
    "purpose", *TEXTS.values(), "controller", "contact", "categories", "recipients", "storage",
    "kept_for", "valid_days", *ADDED,
)  # fmt: skip
"""What people are shown, and so what is fixed once it is published."""


class Clause(Subdocument):
    """What an agreement says of one thing, in all three languages."""

    topic = StringField(choices=list(Topic), required=True, verbose_name=N_("About"))
    text_en = StringField(required=True, max_length=8_000, multiline=True, verbose_name=N_("English"))
    text_zh_cn = StringField(
        required=True, max_length=8_000, multiline=True, verbose_name=N_("Simplified Chinese")
    )
    text_zh_tw = StringField(
        required=True, max_length=8_000, multiline=True, verbose_name=N_("Traditional Chinese")
    )


class PrivacyNotice(Governed):
    """One version of what we say about one purpose, or of what is agreed to. Published, it never changes."""

    policy = Policy(
        title=N_("Notices and terms"),
        singular=N_("Notice or terms"),
        group=N_("People"),
        icon="notices",
        access=NOTICES,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own words; they concern no person"),
        remind=Remind(at="review_at", state="published", role=Role.COMPLIANCE, ahead=AHEAD),
        label="number",
        columns=("number", "kind", "purpose", "state", "controller", "published_at", "review_at"),
        filters=("kind", "purpose", "state", "published_at", "review_at"),
        sections=(
            (
                N_("The text"),
                ("number", "kind", "purpose", "state", "published_at", "superseded_at", "review_at"),
            ),
            (N_("What people read"), (*TEXTS.values(), "clauses")),
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
    kind = StringField(
        choices=list(NoticeKind), default=NoticeKind.PRIVACY, locked=True, verbose_name=N_("What it is")
    )
    purpose = StringField(
        choices=list(Purpose),
        locked=True,
        verbose_name=N_("Purpose"),
        help_text=N_("Of a privacy notice: what the data is used for."),
    )
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
    clauses = ListField(
        EmbeddedDocumentField(Clause),
        verbose_name=N_("Clauses"),
        help_text=N_("Of an agreement or of terms: one for each thing it settles."),
    )
    categories = ListField(StringField(choices=list(Category)), verbose_name=N_("Which data"))
    recipients = StringField(max_length=500, verbose_name=N_("Who receives it"))
    storage = StringField(max_length=200, verbose_name=N_("Where it is stored"))
    kept_for = StringField(max_length=200, verbose_name=N_("How long it is kept"))
    valid_days = IntField(
        min_value=1,
        max_value=3660,
        verbose_name=N_("A consent is valid for days"),
        help_text=N_("Left open, it is valid until it is taken back."),
    )
    published_at = UTCDateTimeField(system=True, verbose_name=N_("Published"))
    superseded_at = UTCDateTimeField(system=True, verbose_name=N_("Superseded"))
    text_hash = StringField(system=True, verbose_name=N_("Fingerprint"))
    review_at = UTCDateTimeField(system=True, verbose_name=N_("Look at it again"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)
    in_force_for = StringField(internal=True, unaudited=True)

    meta = {
        "collection": "privacy_notices",
        "indexes": [
            {"fields": ["in_force_for"], "unique": True, "sparse": True, "name": "one_in_force"},
            {"fields": ["purpose", "-created_at"], "name": "of_purpose"},
            {"fields": ["state", "review_at"], "name": "to_review"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for notice in records:
            if not notice.number:
                notice.number = f"{notice.about}-{sequence.next_numbers(f'privacy-notice-{notice.about}')}"

    @property
    def about(self) -> str:
        """What only one text is in force for: a purpose, or a kind of agreement."""
        return str(self.purpose or "") if self.kind == NoticeKind.PRIVACY else str(self.kind)

    @property
    def is_agreed_to(self) -> bool:
        return self.kind != NoticeKind.PRIVACY

    def validate(self, clean: bool = True) -> None:
        """As declared; raises `ImmutableField` where published words were to be changed."""
        super().validate(clean)
        if self.is_agreed_to and self.purpose:
            raise ValidationError("a purpose is a notice's", errors={"purpose": "only of a notice"})
        for name in () if self.is_agreed_to else ("purpose", "categories"):
            if not getattr(self, name):
                raise ValidationError("a notice says so", errors={name: "is missing"})
        if self.stored and self.stored.get("state") != NoticeState.DRAFT:
            before = type(self)._from_son(self.stored)
            for name in CONTENT:
                if getattr(self, name) != getattr(before, name):
                    raise ImmutableField(name)

    def is_immutable(self) -> bool:
        return self.state != NoticeState.DRAFT

    @action(N_("Publish"), Action.EDIT, when=lambda notice: notice.state == NoticeState.DRAFT)
    def publish(self, now: datetime) -> None:
        """Show it to people from now on, in place of the version before; who agreed to an older version is
        told by a task. Raises `ActionRefused` where words are missing: of a language, or about what has to be
        settled."""
        for name in TEXTS.values():
            if not getattr(self, name):
                raise ActionRefused(N_("Words are missing: a notice is published in all three languages."))
        in_transaction(lambda: self._replace(now))

    def _check_complete(self, *, is_new: bool) -> None:
        needed = COMPLETE[NoticeKind(self.kind)]
        if self.is_agreed_to and not is_new:
            needed = (*needed, Topic.NEWS)
        said = {clause.topic for clause in self.clauses}
        for topic in needed:
            if topic not in said:
                raise ActionRefused(N_("A clause is missing: %(topic)s."), topic=topic)

    def _replace(self, now: datetime) -> None:
        before = _one({"in_force_for": self.about})
        self._check_complete(is_new=before is None)
        if before:
            before.state, before.superseded_at, before.in_force_for = NoticeState.SUPERSEDED, now, None
            before.save(now=now, reason=self.number)
        self.state, self.published_at, self.in_force_for = NoticeState.PUBLISHED, now, self.about
        self.text_hash, self.review_at = self.fingerprint(), now + REVIEW_AFTER
        self.save(now=now)
        if before and self.is_agreed_to:
            terms_notification.ask(self.collection_name(), self.pk, str(self.number), now)

    @action(
        N_("Plan the next review"),
        Action.EDIT,
        when=lambda notice: notice.state == NoticeState.PUBLISHED,
        inputs=(
            ActionInput("at", N_("Look at it again"), "moment"),
            ActionInput("finding", N_("What this review found"), "long-text"),
        ),
    )
    def plan_review(self, now: datetime, at: datetime, finding: str) -> None:
        """Keep that it was looked at, and when it will be again (S2 篇2 7). Raises `ActionRefused`."""
        if at <= now:
            raise ActionRefused(N_("That time is over already."))
        self.review_at, self.reminded_at = at, None
        self.save(now=now, reason=finding)

    @action(N_("Write the next version"), Action.EDIT, when=lambda notice: notice.state != NoticeState.DRAFT)
    def revise(self, now: datetime) -> None:
        """Begin a draft with the words of this version. Raises `ActionRefused` where one is begun already."""
        if _one({"purpose": self.purpose, "kind": self.kind, "state": NoticeState.DRAFT.value}):
            raise ActionRefused(N_("A draft of the next version is there already."))
        draft = PrivacyNotice(**{name: getattr(self, name) for name in CONTENT})
        writer.save(draft, now=now)

    def fingerprint(self) -> str:
        """SHA-256 over all that people are shown, in a fixed order: what was agreed to can be proved."""
        stored = self.to_mongo()
        shown = {name: stored.get(name) for name in CONTENT if name in stored or name not in ADDED}
        if not self.is_agreed_to:
            shown.pop("kind", None)
        text = json.dumps(shown, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def text(self, language: str) -> str:
        """The words in a language of the panel; in English where there are none."""
        name = TEXTS[Language.named(language)]
        opening = getattr(self, name) or self.text_en or ""
        return "\n\n".join([opening, *(getattr(clause, name) for clause in self.clauses)])

    def news(self, language: str) -> str:
        """What is new in this version, in a language of the panel."""
        name = TEXTS[Language.named(language)]
        return "\n\n".join(getattr(one, name) for one in self.clauses if one.topic == Topic.NEWS)

    def until(self, given: datetime) -> datetime | None:
        """Until when a consent given under it is valid; None: until it is taken back."""
        return given + timedelta(days=self.valid_days) if self.valid_days else None


def in_force(about: Purpose | NoticeKind) -> PrivacyNotice | None:
    """The notice that people are shown now for a purpose, or the agreement of a kind that holds."""
    return _one({"in_force_for": about.value})


def read(pk: Any) -> PrivacyNotice:
    """The notice that a consent names. Raises mongoengine's ValidationError where it is gone."""
    notice = _one({"_id": pk})
    if notice is None:
        raise ValidationError("there is no such notice", errors={"notice": "gone"})
    return notice


def _one(where: dict[str, Any]) -> PrivacyNotice | None:
    row = database()[PrivacyNotice.collection_name()].find_one(where, session=session())
    return PrivacyNotice._from_son(row) if row else None
