"""Consents: what a person allowed, refused or took back, as events that are only ever added."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from bson import ObjectId
from mongoengine import EmbeddedDocumentField, ListField, StringField, ValidationError

from documents.privacy import data_recall, privacy_notice
from documents.privacy.privacy_notice import NoticeState
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Keep, Policy
from records.declaration.purpose import Purpose
from records.declaration.subdocument import Subdocument
from records.legal_hold import Holdable
from records.storage.database import database, in_transaction, session
from security.actor import current_actor
from security.permissions import CONSENTS, Action


class GivenHow(Choice):
    """The evidence that the consent was given (R17: written)."""

    ONLINE_FORM = "online-form", N_("Online form")
    SIGNED_PAPER = "signed-paper", N_("Signed paper")
    EMAIL = "email", N_("E-mail")
    CALL = "call", N_("Recorded call")


class ConsentState(Choice):
    """What happened last."""

    GIVEN = "given", N_("Given")
    REFUSED = "refused", N_("Refused")
    WITHDRAWN = "withdrawn", N_("Withdrawn")
    RENEWED = "renewed", N_("Renewed")
    EXPIRED = "expired", N_("Expired")


class NotInForce(ActionRefused):
    """Only a consent that is in force can be withdrawn or expire."""

    def __init__(self) -> None:
        super().__init__(N_("This consent is not in force any more."))


MOST = 500
"""No person has more consents than this."""
IN_FORCE = frozenset({ConsentState.GIVEN, ConsentState.RENEWED})


class CannotRenew(ActionRefused):
    """Only a consent that lasted can be renewed, and only to the notice it was given to."""


class ConsentEvent(Subdocument):
    """One thing that happened to a consent; never edited (ISO/IEC TS 27560)."""

    state = StringField(choices=list(ConsentState), required=True, verbose_name=N_("What happened"))
    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("Recorded by"))
    note = StringField(max_length=500, verbose_name=N_("Note"))
    until = UTCDateTimeField(verbose_name=N_("Valid until"))


class Consent(Holdable):
    """One person's answer for one purpose, with the notice they were shown (R3, R17)."""

    policy = Policy(
        title=N_("Consents"),
        singular=N_("Consent"),
        group=N_("People"),
        icon="consents",
        access=CONSENTS,
        subject="user",
        on_erasure=Fate.ERASE,
        keep=Keep(
            after="ended_at", years=3, fate=Fate.ERASE, basis=N_("User policy 2(5)2: proof for later audits")
        ),
        label="purpose",
        columns=("user", "purpose", "state", "notice_version", "given_how", "created_at", "expires_at"),
        filters=("purpose", "state", "given_how", "user", "notice", "created_at", "expires_at"),
        sections=(
            (
                N_("The consent"),
                ("user", "purpose", "third_party", "answer", "state", "expires_at", "ended_at"),
            ),
            (
                N_("How it was given"),
                ("notice", "notice_version", "notice_hash", "given_how", "evidence", "valid_until"),
            ),
            (N_("What happened"), ("events",)),
        ),
    )

    user = ReferenceIdField("users", required=True, locked=True, verbose_name=N_("User"))
    purpose = StringField(choices=list(Purpose), required=True, locked=True, verbose_name=N_("Purpose"))
    third_party = ReferenceIdField(
        "third_parties",
        locked=True,
        verbose_name=N_("Third party"),
        help_text=N_("For a consent to sharing: with whom. Left open, with those the notice names."),
    )
    answer = StringField(
        choices=[ConsentState.GIVEN, ConsentState.REFUSED],
        default=ConsentState.GIVEN,
        required=True,
        locked=True,
        verbose_name=N_("Answer"),
    )
    notice = ReferenceIdField(
        "privacy_notices",
        locked=True,
        verbose_name=N_("Notice shown"),
        help_text=N_("Left open, the one that is published for this purpose."),
    )
    notice_version = StringField(
        max_length=60,
        locked=True,
        verbose_name=N_("Version of the notice shown"),
        help_text=N_("Only for one that is not in the register of notices."),
    )
    notice_hash = StringField(system=True, locked=True, verbose_name=N_("Fingerprint of the notice"))
    given_how = StringField(
        choices=list(GivenHow), required=True, locked=True, verbose_name=N_("How it was given")
    )
    evidence = StringField(
        max_length=300,
        locked=True,
        verbose_name=N_("Where the evidence is"),
        help_text=N_("The form, the signed document, or the record of the call."),
    )
    valid_until = UTCDateTimeField(locked=True, verbose_name=N_("Agreed until"))
    state = StringField(
        choices=list(ConsentState), default=ConsentState.GIVEN, system=True, verbose_name=N_("State")
    )
    expires_at = UTCDateTimeField(system=True, verbose_name=N_("Valid until"))
    ended_at = UTCDateTimeField(system=True, verbose_name=N_("Ended"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)
    events = ListField(
        EmbeddedDocumentField(ConsentEvent), append_only=True, system=True, verbose_name=N_("Events")
    )

    importable_system_fields: ClassVar[tuple[str, ...]] = ("created_at",)

    meta = {
        "collection": "consents",
        "indexes": [
            {"fields": ["user", "purpose", "-created_at"], "name": "of_person"},
            {"fields": ["state", "expires_at"], "name": "expiring"},
            {"fields": ["ended_at", "_id"], "name": "retention"},
        ],
    }

    @property
    def in_force(self) -> bool:
        return self.state in IN_FORCE

    @property
    def is_written(self) -> bool:
        """Spoken words are no written consent, which sharing needs (R18)."""
        return self.given_how != GivenHow.CALL

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for consent in records:
            given = consent.created_at or now
            consent._name_notice(given)
            consent.expires_at = consent.expires_at or consent.valid_until
            if consent.events:
                first = ConsentState(consent.events[0].state)
                consent.answer = first if first is ConsentState.REFUSED else ConsentState.GIVEN
            else:
                asked = ConsentState(consent.state)
                consent._add(consent.answer if asked is ConsentState.GIVEN else asked, given, "")
            if consent.state == ConsentState.REFUSED:
                consent.answer, consent.expires_at = ConsentState.REFUSED, None
                consent.ended_at = consent.ended_at or given

    @classmethod
    def in_force_of(cls, user: ObjectId, purpose: Purpose) -> list[Self]:
        """A person's consents to a purpose that hold, as the transaction under way sees them."""
        wanted = {"user": user, "purpose": purpose.value, "state": {"$in": [one.value for one in IN_FORCE]}}
        rows = database()[cls.collection_name()].find(wanted, session=session()).sort("_id").limit(MOST)
        return [cls._from_son(row) for row in rows]

    def _name_notice(self, given: datetime) -> None:
        """Keep which words were shown, and their fingerprint. Raises mongoengine's ValidationError for
        a draft, or a notice about something else."""
        if self.purpose not in set(Purpose):
            return  # `validate` says so
        if self.notice is None and not self.notice_version:
            shown = privacy_notice.in_force(Purpose(self.purpose))
        else:
            shown = privacy_notice.read(self.notice) if self.notice else None
        if shown is None:
            return
        if shown.purpose != self.purpose or shown.state == NoticeState.DRAFT:
            raise ValidationError("that notice was not shown for this", errors={"notice": "another"})
        self.notice, self.notice_version, self.notice_hash = shown.pk, shown.number, shown.text_hash
        self.valid_until = self.valid_until or shown.until(given)

    def validate(self, clean: bool = True) -> None:
        """As declared, and with the notice that was shown. Raises mongoengine's ValidationError."""
        super().validate(clean)
        if not self.notice_version:
            raise ValidationError("no notice", errors={"notice": "which one was shown?"})

    @action(
        N_("Withdraw"), Action.EDIT, when=lambda consent: consent.in_force, comment=N_("How it was withdrawn")
    )
    def withdraw(self, now: datetime, note: str = "") -> None:
        """Record that the person took the consent back; who received data under it is asked to delete
        it. Raises `NotInForce`."""
        in_transaction(lambda: self._withdraw(now, note))

    def _withdraw(self, now: datetime, note: str) -> None:
        self._end(ConsentState.WITHDRAWN, now, note)
        self.save(now=now, reason=note)
        if self.purpose == Purpose.SHARING and not (covered := self._covered_elsewhere()) & {None}:
            only = {self.third_party} if self.third_party else None
            data_recall.open_for(self.user, data_recall.RecallReason.WITHDRAWN, now, only=only, spare=covered)

    def _covered_elsewhere(self) -> set[ObjectId | None]:
        """With whom another consent of theirs still allows sharing; None stands for everybody."""
        if self.third_party:
            return set()
        others = {
            "user": self.user,
            "purpose": Purpose.SHARING.value,
            "state": {"$in": [state.value for state in IN_FORCE]},
            "_id": {"$ne": self.pk},
        }
        rows = database()[self.collection_name()].find(others, {"third_party": 1}, session=session())
        return {row.get("third_party") for row in rows.limit(MOST)}

    @action(
        N_("Renew"),
        Action.EDIT,
        when=lambda consent: consent.in_force or consent.state == ConsentState.EXPIRED,
        inputs=(
            ActionInput("evidence", N_("Where the evidence is")),
            ActionInput("until", N_("Valid until"), "moment", required=False),
        ),
    )
    def renew(self, now: datetime, evidence: str = "", until: datetime | None = None) -> None:
        """Record that the person consents anew to the same notice. Raises `CannotRenew`."""
        if not self.in_force and self.state != ConsentState.EXPIRED:
            raise CannotRenew(N_("This consent was taken back or refused: record a new one."))
        if until and until <= now:
            raise CannotRenew(N_("That time is over already."))
        shown = privacy_notice.read(self.notice) if self.notice else None
        if shown and shown.state != NoticeState.PUBLISHED:
            raise CannotRenew(N_("The notice has changed since: record a new consent to the new one."))
        self.ended_at = self.reminded_at = None
        self.expires_at = until or (shown.until(now) if shown else None)
        self._add(ConsentState.RENEWED, now, evidence)
        self.save(now=now, reason=evidence)

    def expire(self, now: datetime) -> None:
        """Note that its time is over; the caller saves. Raises `NotInForce`."""
        self._end(ConsentState.EXPIRED, now, "")

    def _end(self, state: ConsentState, now: datetime, note: str) -> None:
        if not self.in_force:
            raise NotInForce
        self.ended_at = now
        self._add(state, now, note)

    def _add(self, state: ConsentState, now: datetime, note: str) -> None:
        self.state = state
        until = self.expires_at if state in IN_FORCE else None
        event = ConsentEvent(state=state, at=now, by=current_actor().name, note=note or None, until=until)
        self.events.append(event)
