"""Agreements: who has read and agreed to which version of the user agreement or the terms, and when (R22, R23)."""

from datetime import datetime
from typing import Any, Self

from bson import ObjectId
from mongoengine import StringField

from documents.privacy import privacy_notice
from documents.privacy.consent import MOST, GivenHow
from documents.privacy.privacy_notice import NoticeKind, NoticeState, PrivacyNotice
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.legal_hold import Holdable
from records.storage import writer
from records.storage.database import database, in_transaction, session
from security.actor import current_actor
from security.permissions import AGREEMENTS

AGREED_TO = (NoticeKind.AGREEMENT, NoticeKind.TERMS)


class NotAgreed(ActionRefused):
    """The service begins once the person has agreed; nobody has recorded that they did."""


class Agreement(Holdable):
    """One person's yes to one version; never edited, and ended by their yes to the next."""

    policy = Policy(
        title=N_("Agreements"),
        singular=N_("Agreement"),
        group=N_("People"),
        icon="check",
        access=AGREEMENTS,
        subject="user",
        on_erasure=Fate.RETAIN,
        basis=N_(
            "Proof of a contract until claims are barred (Civil Code of the PRC art. 188); it holds no values"
        ),
        keep=Keep(
            after="ended_at", years=3, fate=Fate.ERASE, basis=N_("User policy 2(5)2: proof for later audits")
        ),
        label="number",
        columns=("user", "kind", "number", "given_how", "created_at", "ended_at", "told_at"),
        filters=("kind", "given_how", "user", "notice", "created_at", "ended_at"),
        sections=(
            (N_("What was agreed to"), ("user", "kind", "notice", "number", "notice_hash")),
            (N_("How it was given"), ("given_how", "evidence", "recorder")),
            (N_("What happened"), ("ended_at", "told_at", "told_of")),
        ),
    )

    user = ReferenceIdField("users", required=True, locked=True, system=True, verbose_name=N_("User"))
    kind = StringField(
        choices=list(AGREED_TO), required=True, locked=True, system=True, verbose_name=N_("What it is")
    )
    notice = ReferenceIdField(
        "privacy_notices", required=True, locked=True, system=True, verbose_name=N_("Text agreed to")
    )
    number = StringField(required=True, locked=True, system=True, verbose_name=N_("Version"))
    notice_hash = StringField(required=True, locked=True, system=True, verbose_name=N_("Fingerprint"))
    given_how = StringField(
        choices=list(GivenHow),
        required=True,
        locked=True,
        system=True,
        verbose_name=N_("How it was given"),
    )
    evidence = StringField(max_length=300, locked=True, system=True, verbose_name=N_("Where the evidence is"))
    recorder = StringField(locked=True, system=True, verbose_name=N_("Recorded by"))
    ended_at = UTCDateTimeField(system=True, verbose_name=N_("Ended"))
    told_of = StringField(system=True, unaudited=True, verbose_name=N_("Told of the new version"))
    told_at = UTCDateTimeField(system=True, unaudited=True, verbose_name=N_("Told"))

    meta = {
        "collection": "agreements",
        "indexes": [
            {"fields": ["user", "kind", "-created_at"], "name": "of_person"},
            {"fields": ["kind", "ended_at", "_id"], "name": "to_tell"},
            {"fields": ["ended_at", "_id"], "name": "retention"},
        ],
    }

    @classmethod
    def record(
        cls, user: ObjectId, notice: ObjectId, given_how: GivenHow, evidence: str, now: datetime
    ) -> Self:
        """Keep that a person has read the text in force and agreed to it, in place of what they agreed to
        before. Raises `ActionRefused` for a text that is not in force, or is none to agree to."""
        text = privacy_notice.read(notice)
        if not text.is_agreed_to:
            raise ActionRefused(N_("A privacy notice is no agreement: record a consent to it."))
        if text.state != NoticeState.PUBLISHED:
            raise ActionRefused(N_("%(number)s is not in force."), number=text.number)
        return in_transaction(lambda: cls._record(user, text, given_how, evidence, now))

    @classmethod
    def _record(
        cls, user: ObjectId, text: PrivacyNotice, given_how: GivenHow, evidence: str, now: datetime
    ) -> Self:
        before = [one for one in cls.of(user) if one.kind == text.kind]
        for one in before:
            one.ended_at = now
        made = cls(
            user=user, kind=text.kind, notice=text.pk, number=text.number, notice_hash=text.text_hash,
            given_how=given_how, evidence=evidence or None, recorder=current_actor().name,
        )  # fmt: skip
        writer.save(*before, made, now=now)
        return made

    @classmethod
    def of(cls, user: ObjectId) -> list[Self]:
        """What a person has agreed to and what holds, as the transaction under way sees it. One query."""
        wanted: dict[str, Any] = {"user": user, "ended_at": None}
        rows = database()[cls.collection_name()].find(wanted, session=session()).limit(MOST)
        return [cls._from_son(row) for row in rows]


def require_agreement(user: ObjectId) -> None:
    """Raise `NotAgreed` where an agreement is in force and the person has agreed to no version of it. An
    older version counts until they have agreed to the new one: they are told of it."""
    asked = [kind for kind in AGREED_TO if privacy_notice.in_force(kind)]
    agreed = {one.kind for one in Agreement.of(user)} if asked else set()
    for kind in asked:
        if kind not in agreed:
            raise NotAgreed(N_("This person has not agreed yet: %(what)s."), what=kind)
