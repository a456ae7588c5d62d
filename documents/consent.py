"""Consents: what a person allowed, refused or took back, as events that are only ever added."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from mongoengine import EmbeddedDocumentField, ListField, StringField

from documents.fields import Moment, Reference
from documents.part import Part
from documents.policy import Fate, Keep, Policy
from documents.record import Governed
from documents.verbs import Refused, verb
from documents.words import N_, Choice
from security.actor import acting
from security.permissions import CONSENTS, Action


class Purpose(Choice):
    """What the data is used for; the first three need no consent but are recorded (R7, R17)."""

    DESIGN_SERVICE = "design-service", N_("Design service")
    BUSINESS = "business", N_("Business matters")
    LEGAL_DUTY = "legal-duty", N_("Legal duties")
    MARKETING = "marketing", N_("Product and market information")
    PORTFOLIO = "portfolio", N_("Showing the work in our portfolio")
    RESEARCH = "research", N_("Surveys and research")
    SHARING = "sharing", N_("Sharing with a third party")


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


class NotInForce(Refused):
    """Only a consent that is in force can be withdrawn or expire."""

    def __init__(self) -> None:
        super().__init__(N_("This consent is not in force any more."))


class ConsentEvent(Part):
    """One thing that happened to a consent; never edited (ISO/IEC TS 27560)."""

    state = StringField(choices=list(ConsentState), required=True, verbose_name=N_("What happened"))
    at = Moment(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("Recorded by"))
    note = StringField(max_length=500, verbose_name=N_("Note"))


class Consent(Governed):
    """One person's answer for one purpose, with the notice they were shown (R3, R17)."""

    policy = Policy(
        title=N_("Consents"),
        one=N_("Consent"),
        group=N_("People"),
        icon="consents",
        access=CONSENTS,
        subject="user",
        on_erasure=Fate.ERASE,
        keep=Keep(after="ended_at", years=3, then=Fate.ERASE, basis="S0 二(五)2: proof for later audits"),
        label="purpose",
        columns=("user", "purpose", "state", "notice_version", "given_how", "created_at", "expires_at"),
        filters=("purpose", "state", "given_how", "user", "created_at", "expires_at"),
        sections=(
            (N_("The consent"), ("user", "purpose", "state", "expires_at", "ended_at")),
            (N_("How it was given"), ("notice_version", "given_how", "evidence")),
            (N_("What happened"), ("events",)),
        ),
    )

    user = Reference("users", required=True, locked=True, verbose_name=N_("User"))
    purpose = StringField(choices=list(Purpose), required=True, locked=True, verbose_name=N_("Purpose"))
    notice_version = StringField(
        required=True, max_length=40, locked=True, verbose_name=N_("Version of the notice shown")
    )
    given_how = StringField(
        choices=list(GivenHow), required=True, locked=True, verbose_name=N_("How it was given")
    )
    evidence = StringField(max_length=300, locked=True, verbose_name=N_("Where the evidence is"))
    state = StringField(
        choices=list(ConsentState), default=ConsentState.GIVEN, system=True, verbose_name=N_("State")
    )
    expires_at = Moment(verbose_name=N_("Valid until"))
    ended_at = Moment(system=True, verbose_name=N_("Ended"))
    events = ListField(
        EmbeddedDocumentField(ConsentEvent), append_only=True, system=True, verbose_name=N_("Events")
    )

    meta = {
        "collection": "consents",
        "indexes": [
            {"fields": ["user", "purpose", "-created_at"], "name": "of_person"},
            {"fields": ["-created_at", "-_id"], "name": "newest"},
            {"fields": ["state", "expires_at"], "name": "expiring"},
            {"fields": ["ended_at", "_id"], "name": "retention"},
        ],
    }

    @property
    def in_force(self) -> bool:
        return self.state in {ConsentState.GIVEN, ConsentState.RENEWED}

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for consent in records:
            if not consent.events:
                consent._add(ConsentState(consent.state), consent.created_at or now, "")

    @verb(N_("Withdraw"), Action.EDIT, when=lambda consent: consent.in_force, note=N_("How it was withdrawn"))
    def withdraw(self, now: datetime, note: str = "") -> None:
        """Record that the person took the consent back. Raises `NotInForce`."""
        self._end(ConsentState.WITHDRAWN, now, note)

    def expire(self, now: datetime) -> None:
        """Record that its time is over. Raises `NotInForce`."""
        self._end(ConsentState.EXPIRED, now, "")

    def _end(self, state: ConsentState, now: datetime, note: str) -> None:
        if not self.in_force:
            raise NotInForce
        self.ended_at = now
        self._add(state, now, note)
        self.save(now=now, reason=note)

    def _add(self, state: ConsentState, now: datetime, note: str) -> None:
        self.state = state
        self.events.append(ConsentEvent(state=state, at=now, by=acting().name, note=note or None))
