"""Requests of a person about their own data: to know, copy, correct, delete, restrict, withdraw (R9, R105)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from mongoengine import BooleanField, EmbeddedDocumentField, ListField, StringField, ValidationError

from documents.deadlines.calendar_override import CalendarOverrides
from documents.deadlines.deadline_record import HasDeadlines, compute_deadlines
from documents.deadlines.sla_clocks import snapshot
from documents.erasure.deletion_request import DeletionRequest
from documents.privacy.consent import Consent
from documents.privacy.person_copy_request import ask_for_copy
from documents.privacy.statutory_deadline import Law, LegalDeadline, Stage, StatutoryDeadline
from language.languages import Language
from language.words import N_, Choice
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.errors import InvalidValue
from records.declaration.fields import EncryptedStringField, ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Deadlines, Fate, Keep, Mask, Personal, Policy, Promise
from records.declaration.purpose import Purpose
from records.declaration.subdocument import Subdocument
from records.legal_hold import Holdable
from records.storage import sequence
from records.subject_records import linked_users
from security.permissions import SUBJECT_REQUESTS, Action


class Right(Choice):
    """What a person asks for."""

    KNOW = "know", N_("To know what we hold and why")
    COPY = "copy", N_("A copy of their data")
    CORRECT = "correct", N_("To correct their data")
    DELETE = "delete", N_("To delete their data")
    RESTRICT = "restrict", N_("To restrict what we do with it")
    WITHDRAW = "withdraw", N_("To withdraw a consent")


class RequestState(Choice):
    """How far a request has come."""

    RECEIVED = "received", N_("Received")
    ACKNOWLEDGED = "acknowledged", N_("Receipt confirmed")
    ANSWERED = "answered", N_("Answered")
    REFUSED = "refused", N_("Refused, with the reason")


class IdentityCheck(Choice):
    """How we made sure that the person is who they say."""

    KNOWN_ADDRESS = "known-address", N_("Answered from an address or number we know")
    SIGNED_IN = "signed-in", N_("Signed in to their account")
    DOCUMENT = "document", N_("Showed a document, of which we keep no copy")
    IN_PERSON = "in-person", N_("Known to us in person")


class LegalTerm(Subdocument):
    """One legal clock of a request, as it was when the request came in."""

    profile = StringField(choices=list(Law), verbose_name=N_("Law"))
    step = StringField(choices=list(Stage), verbose_name=N_("Step"))
    due_at = UTCDateTimeField(verbose_name=N_("Due"))
    extended_to = UTCDateTimeField(verbose_name=N_("May be extended to"))
    basis = StringField(verbose_name=N_("Source"))
    unconfirmed = BooleanField(verbose_name=N_("From general knowledge: let counsel confirm"))


def _is_open(request: Any) -> bool:
    return request.closed_at is None


class SubjectRequest(HasDeadlines, Holdable):
    """One request. Several laws may hold at once; the strictest leads, and an extension needs a letter."""

    policy = Policy(
        title=N_("Requests of persons"),
        singular=N_("Request of a person"),
        group=N_("People"),
        icon="requests",
        access=SUBJECT_REQUESTS,
        purpose=Purpose.LEGAL_DUTY,
        subject="user",
        on_erasure=Fate.ANONYMISE,
        deadlines=Deadlines(by=("right",), promises={}, otherwise=Promise()),
        keep=Keep(
            after="closed_at",
            years=3,
            fate=Fate.ANONYMISE,
            basis=N_("User policy 2(5)2; limitation of claims"),
        ),
        label="number",
        columns=("number", "right", "state", "user", "assignee", "due_at", "received_at"),
        filters=("state", "right", "assignee", "user", "received_at", "due_at", "closed_at"),
        search=("number",),
        sections=(
            (N_("The request"), ("number", "right", "state", "words", "received_at", "profiles")),
            (N_("Who asks"), ("user", "name", "email", "identity_check", "identity_note", "identified_at")),
            (
                N_("Due"),
                ("acknowledgement_due_at", "acknowledged_at", "due_at", "closed_at", "extended_at"),
            ),
            (N_("What came of it"), ("assignee", "answer", "extension_letter", "withdrawn", "deletion")),
        ),
    )

    number = StringField(max_length=24, system=True, verbose_name=N_("Number"))
    right = StringField(choices=list(Right), required=True, locked=True, verbose_name=N_("What they ask for"))
    user = ReferenceIdField("users", verbose_name=N_("User"))
    name = EncryptedStringField(
        max_length=120, verbose_name=N_("Name"), personal=Personal("user.name", mask=Mask.NAME)
    )
    email = EncryptedStringField(
        max_length=254,
        verbose_name=N_("E-mail"),
        personal=Personal("user.contact.email", mask=Mask.EMAIL, identity="email"),
    )
    words = EncryptedStringField(
        multiline=True,
        locked=True,
        verbose_name=N_("In their words"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )
    received_at = UTCDateTimeField(locked=True, verbose_name=N_("Received"), help_text=N_("Left open: now."))
    profiles = ListField(StringField(choices=list(Law)), verbose_name=N_("Laws that hold"), locked=True)
    assignee = ReferenceIdField("staff", verbose_name=N_("Assignee"))
    state = StringField(
        choices=list(RequestState), default=RequestState.RECEIVED, system=True, verbose_name=N_("State")
    )
    terms = ListField(EmbeddedDocumentField(LegalTerm), internal=True, unaudited=True)
    identity_check = StringField(
        choices=list(IdentityCheck), system=True, verbose_name=N_("How we know that it is them")
    )
    identity_note = EncryptedStringField(
        max_length=500, system=True, verbose_name=N_("What was seen"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )  # fmt: skip
    identified_at = UTCDateTimeField(system=True, verbose_name=N_("Identity checked"))
    extended_at = UTCDateTimeField(system=True, verbose_name=N_("Extended"))
    extension_letter = EncryptedStringField(
        max_length=2000, multiline=True, system=True, verbose_name=N_("Reason for the extension"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )  # fmt: skip
    answer = EncryptedStringField(
        max_length=5000, multiline=True, system=True, verbose_name=N_("Our answer"),
        personal=Personal("user.content", mask=Mask.OPEN),
    )  # fmt: skip
    withdrawn = ListField(ReferenceIdField("consents"), system=True, verbose_name=N_("Consents withdrawn"))
    deletion = ReferenceIdField("deletion_requests", system=True, verbose_name=N_("Deletion request"))

    meta = {
        "collection": "subject_requests",
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["due_at", "_id"], "name": "by_due"},
            {"fields": ["state", "due_at", "_id"], "name": "by_state"},
            {"fields": ["assignee", "due_at", "_id"], "name": "by_assignee"},
            {"fields": ["closed_at", "overdue_at", "due_at"], "name": "to_flag"},
            {"fields": ["closed_at", "next_rung_at"], "name": "to_escalate"},
            {"fields": ["closed_at", "_id"], "name": "retention"},
            {"fields": ["anonymised_at", "closed_at"], "name": "to_end"},
            {"fields": ["user", "-created_at"], "name": "of_person"},
        ],
    }

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for record in records:
            record.created_at = record.created_at or now
            record.received_at = min(record.received_at or now, record.created_at)
            year = record.created_at.year
            record.number = record.number or f"R-{year}-{sequence.next_numbers(f'requests-{year}'):06d}"
            record.profiles = record.profiles or [Law.PIPL.value, Law.GBT.value]
        cls.make_promises(records, now)

    def validate(self, clean: bool = True) -> None:
        """As declared; whose identity was checked stays whose request it is, since what was done for it
        was done for them. Raises mongoengine's ValidationError."""
        super().validate(clean)
        before = (self.stored or {}).get("user")
        if before and before != self.user and self.identified_at:
            wrong = InvalidValue(
                N_("Their identity was checked: somebody else's request is recorded as a new one.")
            )
            raise ValidationError("whose", errors={"user": wrong})

    @classmethod
    def make_promises(cls, records: Sequence[Self], now: datetime) -> None:
        """Fix the legal times as the law and the calendar are at `now`; what was extended stays so."""
        calendar = CalendarOverrides.read().calendar("CN", now)
        terms = StatutoryDeadline.in_force()
        for record in records:
            record.terms = [
                _as_of_receipt(term, record, calendar) for term in terms if term.profile in record.profiles
            ]
            record.promise_strictest(now)

    def promise_strictest(self, now: datetime) -> None:
        """Let the earliest of all legal times lead: overdue flags and the ladder go by it. In memory."""
        since = self.created_at

        def within(step: Stage) -> timedelta | None:
            ends = [
                term.extended_to if self.extended_at and term.extended_to else term.due_at
                for term in self.terms
                if term.step == step
            ]
            return max(min(ends) - since, timedelta(0)) if ends else None

        promise = Promise(acknowledgement=within(Stage.ACKNOWLEDGE), resolution=within(Stage.ANSWER))
        self.promise = snapshot(promise, "24/7", now)
        compute_deadlines([self])

    @action(N_("Confirm receipt"), Action.EDIT, when=lambda r: _is_open(r) and r.acknowledged_at is None)
    def acknowledge(self, now: datetime) -> None:
        """Record that the person was told that it has reached us."""
        self.acknowledged_at, self.state = now, RequestState.ACKNOWLEDGED
        compute_deadlines([self])
        self.save(now=now)

    @action(
        N_("Record the identity check"),
        Action.EDIT,
        when=_is_open,
        inputs=(
            ActionInput("how", N_("How we know that it is them"), "choice", choices=IdentityCheck),
            ActionInput("seen", N_("What was seen"), "long-text", max_length=500),
        ),
    )
    def identify(self, now: datetime, how: IdentityCheck, seen: str) -> None:
        """Record how we made sure who asks; no more is collected for it than is needed (R8)."""
        self.identity_check, self.identity_note, self.identified_at = how, seen, now
        self.save(now=now)

    @action(
        N_("Extend, with a letter"),
        Action.EDIT,
        when=lambda r: _is_open(r) and r.extended_at is None and any(t.extended_to for t in r.terms),
        inputs=(ActionInput("why", N_("The reason, as the letter gives it"), "long-text"),),
    )
    def extend(self, now: datetime, why: str) -> None:
        """Take the longer time that a law allows once. Raises `ActionRefused` once the time is over, or where
        the law that leads allows none."""
        if self.is_overdue(now):
            raise ActionRefused(N_("The time is over already; it can only be extended before."))
        before = self.due_at
        self.extended_at, self.extension_letter = now, why
        self.promise_strictest(self.promise.as_of)
        if before and self.due_at and self.due_at <= before:
            raise ActionRefused(N_("Another law that holds here allows no extension, and its time leads."))
        self.save(now=now, reason=why[:200])

    @action(
        N_("Answer"),
        Action.EDIT,
        when=_is_open,
        inputs=(
            ActionInput("words", N_("Our answer"), "long-text", max_length=5000),
            ActionInput("granted", N_("They get what they asked for"), "check", required=False),
        ),
    )
    def close(self, now: datetime, words: str, granted: bool) -> None:
        """End the request. What is granted needs a known person, and has to be done: raises `ActionRefused`."""
        if granted:
            self._check_done()
        self.answer, self.state = words, RequestState.ANSWERED if granted else RequestState.REFUSED
        self.acknowledged_at = self.acknowledged_at or now
        self.responded_at = self.closed_at = now
        compute_deadlines([self])
        self.save(now=now)

    @action(
        N_("Plan the erasure"),
        Action.REQUEST_DELETION,
        when=lambda r: r.right == Right.DELETE and bool(r.user) and not r.deletion,
    )
    def plan_erasure(self, now: datetime) -> None:
        """Have everything of the person laid out. Raises `ActionRefused` where nobody knows who asks."""
        user = self._known_user()
        self.deletion = DeletionRequest.create_request(
            user.pk, user.number, self.number, now, planned=True
        ).pk
        self.save(now=now)

    @action(
        N_("Restrict what is done with their data"),
        Action.HOLD,
        when=lambda r: r.right == Right.RESTRICT and bool(r.user) and _is_open(r),
        group=ActionGroup.DATA,
    )
    def restrict(self, now: datetime) -> None:
        """Let their data be kept and used for nothing else, until it is lifted on their page. Safe to
        repeat. Raises `ActionRefused` as above."""
        self._known_user().restrict(now, self.number)

    @action(
        N_("Withdraw a consent of theirs"),
        Action.EDIT,
        when=lambda r: r.right == Right.WITHDRAW and bool(r.user) and _is_open(r),
        inputs=(ActionInput("purpose", N_("Purpose"), "choice", choices=Purpose),),
        group=ActionGroup.DATA,
    )
    def withdraw_consent(self, now: datetime, purpose: Purpose) -> None:
        """Record that they took back their consent to a purpose; who received data under it is asked to
        delete it. Raises `ActionRefused` as above, and where there is no such consent."""
        user = self._known_user()
        given = Consent.in_force_of(user.pk, purpose)
        if not given:
            raise ActionRefused(N_("There is no consent of this person to “%(purpose)s”."), purpose=purpose)
        for consent in given:
            consent.withdraw(now, self.number)
        self.withdrawn = [*self.withdrawn, *(consent.pk for consent in given)]
        self.save(now=now)

    @action(
        N_("Build the copy of their data"),
        Action.EXPORT_PERSONAL,
        when=lambda r: r.right in {Right.COPY, Right.KNOW} and bool(r.user) and _is_open(r),
        inputs=(
            ActionInput(
                "language", N_("In which language"), "choice", required=False, choices=Language,
                help=N_("Left open, what is read where they are at home."),
            ),
        ),
    )  # fmt: skip
    def build_copy(self, now: datetime, language: Language | None = None) -> None:
        """Have a file made with everything we hold of the person. Raises `ActionRefused` as above."""
        user = self._known_user()
        ask_for_copy(user.pk, user.number, language or Language.of(user.region), self.number, now)

    def _check_done(self) -> None:
        """Raise `ActionRefused` where what was asked for is still to be done."""
        if not self.identified_at:
            raise ActionRefused(N_("Please record first how you made sure who asks."))
        if self.right == Right.RESTRICT and not self._known_user().restricted_at:
            raise ActionRefused(N_("Please restrict first what is done with their data."))
        if self.right == Right.WITHDRAW and not self.withdrawn:
            raise ActionRefused(N_("Please withdraw the consent first."))
        if self.right == Right.DELETE and not self.deletion:
            raise ActionRefused(N_("Please plan the erasure first."))

    def _known_user(self) -> Any:
        if not self.identified_at:
            raise ActionRefused(N_("Please record first how you made sure who asks."))
        user = next(iter(linked_users([self.user])), None)
        if user is None:
            raise ActionRefused(N_("This person's data are gone already."))
        return user

    def strictest(self) -> LegalTerm | None:
        """The legal time that leads."""
        answers = [term for term in self.terms if term.step == Stage.ANSWER]
        return min(answers, key=lambda term: term.due_at, default=None)


def _as_of_receipt(term: LegalDeadline, request: SubjectRequest, calendar: Any) -> LegalTerm:
    received = request.received_at
    return LegalTerm(
        profile=term.profile,
        step=term.step,
        due_at=term.due(received, calendar),
        extended_to=term.due(received, calendar, extended=True) if term.extension else None,
        basis=term.basis,
        unconfirmed=not term.confirmed,
    )
