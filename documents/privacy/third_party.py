"""Third parties who may receive personal data: agreement, assessment and checks (R19–R21, R102)."""

from datetime import datetime, timedelta
from typing import Any

from mongoengine import BooleanField, DictField, EmbeddedDocumentField, IntField, ListField, StringField
from mongoengine import ValidationError as Invalid

from language.words import N_, Choice
from records import job_state
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.declaration.subdocument import Subdocument
from records.storage.database import after_commit
from security.actor import current_actor
from security.permissions import THIRD_PARTIES, Action


class Fulfilment(Choice):
    """How far a partner does what a question of the assessment asks."""

    YES = "yes", N_("Yes")
    PARTLY = "partly", N_("Partly")
    NO = "no", N_("No")


WORTH = {Fulfilment.YES: 2, Fulfilment.PARTLY: 1, Fulfilment.NO: 0}
QUESTIONS = {
    "agreed": N_("Do they process the data only as agreed, and in writing?"),
    "access": N_("Can only those who need the data reach it, each with an account of their own?"),
    "stored": N_("Is the data encrypted where it is stored and where it is sent?"),
    "place": N_("Do we know in which countries the data is kept, and is each of them allowed?"),
    "others": N_("Do they pass nothing on to others without our agreement?"),
    "incident": N_("Will they tell us of an incident at once, and have they a plan for it?"),
    "rights": N_("Can they find, correct and delete the data of one person when we ask?"),
    "end": N_("Do they delete or return the data at the end, and prove it?"),
}
PASSES, GOOD = 60, 80
"""Of a hundred points. Below the first, nothing is shared; from the second on, a year is granted."""
RECALLING = "recall-shared-data"
"""The job that asks back what was shared under an agreement that has ended."""
NEXT_REVIEW = {GOOD: timedelta(days=365), PASSES: timedelta(days=180), 0: timedelta(days=90)}


class MayNotReceive(ActionRefused):
    """A third party may not be given personal data as things stand."""


class Assessment(Subdocument):
    """One assessment of how a partner protects data; never edited."""

    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("By"))
    score = IntField(verbose_name=N_("Points"))
    answers = DictField(verbose_name=N_("Answers"))
    note = StringField(max_length=2000, verbose_name=N_("Note"))


class Check(Subdocument):
    """One look at whether they keep to the agreement; never edited (R20)."""

    at = UTCDateTimeField(required=True, verbose_name=N_("When"))
    by = StringField(verbose_name=N_("By"))
    kept = BooleanField(verbose_name=N_("Keeps to the agreement"))
    finding = StringField(max_length=2000, verbose_name=N_("Finding"))


class ThirdParty(Governed):
    """A company that receives personal data from us, and what binds it."""

    policy = Policy(
        title=N_("Third parties"),
        singular=N_("Third party"),
        group=N_("Sharing"),
        icon="partners",
        access=THIRD_PARTIES,
        on_erasure=Fate.RETAIN,
        basis=N_("Companies and what they agreed to; they are no data subjects"),
        label="name",
        columns=(
            "name", "service", "agreement_from", "agreement_until", "score", "next_assessment_at", "suspended",
        ),
        filters=("suspended", "agreement_until", "next_assessment_at", "created_at"),
        search=("name", "service"),
        sections=(
            (N_("Who they are"), ("name", "service", "location", "contact", "suspended")),
            (
                N_("The agreement"),
                (
                    "agreement", "our_duties", "their_duties", "agreement_from", "agreement_until",
                    "review_at", "checks",
                ),
            ),
            (N_("How they protect data"), ("score", "assessed_at", "next_assessment_at", "assessments")),
        ),
    )  # fmt: skip

    name = StringField(required=True, max_length=200, verbose_name=N_("Name"))
    service = StringField(required=True, max_length=300, verbose_name=N_("What they do for us"))
    location = StringField(max_length=200, verbose_name=N_("Where they keep the data"))
    contact = StringField(
        max_length=200,
        verbose_name=N_("Where to reach them"),
        help_text=N_("An office and its address rather than a person."),
    )
    agreement = StringField(
        max_length=300,
        verbose_name=N_("Non-disclosure agreement"),
        help_text=N_("Where the signed document is."),
    )
    our_duties = StringField(max_length=4000, multiline=True, verbose_name=N_("Our duties"))
    their_duties = StringField(max_length=4000, multiline=True, verbose_name=N_("Their duties"))
    agreement_from = UTCDateTimeField(verbose_name=N_("Agreed from"))
    agreement_until = UTCDateTimeField(
        verbose_name=N_("Agreed until"), help_text=N_("Left open, it holds until it is ended.")
    )
    review_at = UTCDateTimeField(verbose_name=N_("Look at it again"))
    suspended = BooleanField(default=False, system=True, verbose_name=N_("Suspended"))
    checks = ListField(EmbeddedDocumentField(Check), append_only=True, system=True, verbose_name=N_("Checks"))
    score = IntField(system=True, verbose_name=N_("Points"))
    assessed_at = UTCDateTimeField(system=True, verbose_name=N_("Assessed"))
    next_assessment_at = UTCDateTimeField(system=True, verbose_name=N_("Next assessment"))
    assessments = ListField(
        EmbeddedDocumentField(Assessment), append_only=True, system=True, verbose_name=N_("Assessments")
    )
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "third_parties",
        "indexes": [
            {"fields": ["name"], "unique": True, "name": "one_name"},
            {"fields": ["agreement_until", "_id"], "name": "ending"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared, and an agreement ends after it begins. Raises mongoengine's ValidationError."""
        super().validate(clean)
        if self.agreement_from and self.agreement_until and self.agreement_until <= self.agreement_from:
            raise Invalid("it ends before it begins", errors={"agreement_until": "too early"})

    def check_may_receive(self, now: datetime) -> None:
        """Raise `MayNotReceive` with the reason, unless an agreement that names the duties of both sides
        is in force and the latest assessment was passed and is not overdue (R19, R21, R102)."""
        if self.suspended:
            raise MayNotReceive(N_("Sharing with %(name)s is suspended."), name=self.name)
        if not (self.agreement and self.our_duties and self.their_duties and self.agreement_from):
            raise MayNotReceive(
                N_("There is no non-disclosure agreement with %(name)s that names the duties of both sides."),
                name=self.name,
            )
        if now < self.agreement_from or (self.agreement_until and self.agreement_until <= now):
            raise MayNotReceive(N_("The agreement with %(name)s is not in force."), name=self.name)
        if self.score is None:
            raise MayNotReceive(N_("How %(name)s protects data has not been assessed yet."), name=self.name)
        if self.score < PASSES:
            raise MayNotReceive(
                N_("%(name)s did not pass the assessment: %(score)s of 100 points."),
                name=self.name, score=self.score,
            )  # fmt: skip
        if self.next_assessment_at <= now:
            raise MayNotReceive(N_("The assessment of %(name)s is out of date."), name=self.name)

    @action(
        N_("Assess"),
        Action.EDIT,
        inputs=(
            *(
                ActionInput(name, question, "choice", choices=Fulfilment)
                for name, question in QUESTIONS.items()
            ),
            ActionInput("note", N_("Note"), "long-text", required=False),
        ),
    )
    def assess(
        self, now: datetime, agreed: Fulfilment, access: Fulfilment, stored: Fulfilment, place: Fulfilment,
        others: Fulfilment, incident: Fulfilment, rights: Fulfilment, end: Fulfilment, note: str = "",
    ) -> None:  # fmt: skip
        """Keep how they protect data, and when to ask again: the fewer points, the sooner (R102)."""
        answers = {
            "agreed": agreed, "access": access, "stored": stored, "place": place,
            "others": others, "incident": incident, "rights": rights, "end": end,
        }  # fmt: skip
        self.score = points(answers)
        self.assessed_at, self.reminded_at = now, None
        self.next_assessment_at = now + next(
            span for least, span in NEXT_REVIEW.items() if self.score >= least
        )
        kept = {name: answer.value for name, answer in answers.items()}
        self.assessments.append(
            Assessment(at=now, by=current_actor().name, score=self.score, answers=kept, note=note or None)
        )
        self.save(now=now, reason=note)

    @action(
        N_("Record a check"),
        Action.EDIT,
        inputs=(
            ActionInput("kept", N_("They keep to the agreement"), "check", required=False),
            ActionInput("finding", N_("What was found"), "long-text"),
            ActionInput("review_at", N_("Look at it again"), "moment", required=False),
        ),
    )
    def record_check(
        self, now: datetime, kept: bool, finding: str, review_at: datetime | None = None
    ) -> None:
        """Keep that we looked, and what we found; who breaks the agreement receives nothing more (R20)."""
        self.checks.append(Check(at=now, by=current_actor().name, kept=kept, finding=finding))
        self.suspended = self.suspended or not kept
        self.review_at, self.reminded_at = review_at or self.review_at, None
        self.save(now=now, reason=finding)

    @action(
        N_("End the agreement"),
        Action.EDIT,
        when=lambda party: bool(party.agreement_from),
        comment=N_("Why it ends"),
        danger=True,
    )
    def end_agreement(self, now: datetime, note: str) -> None:
        """Let the agreement end now: nothing more is shared, and all that was is asked back (R19, R20).
        Raises `ActionRefused` where it has ended before."""
        if self.agreement_until and self.agreement_until <= now:
            raise ActionRefused(N_("This agreement has ended already."))
        if self.agreement_from and self.agreement_from >= now:
            self.agreement_from = None  # it never began
        self.agreement_until = now
        self.save(now=now, reason=note)
        after_commit(lambda: job_state.schedule_now(RECALLING, now))

    @action(N_("Suspend sharing"), Action.EDIT, when=lambda party: not party.suspended, comment=N_("Why"))
    def suspend(self, now: datetime, note: str) -> None:
        """Share nothing more with them until further notice."""
        self.suspended = True
        self.save(now=now, reason=note)

    @action(N_("Allow sharing again"), Action.EDIT, when=lambda party: party.suspended, comment=N_("Why"))
    def resume(self, now: datetime, note: str) -> None:
        """Let agreement and assessment decide again."""
        self.suspended = False
        self.save(now=now, reason=note)


def points(answers: dict[str, Any]) -> int:
    """Of a hundred, rounded down: every question counts alike."""
    return 100 * sum(WORTH[answer] for answer in answers.values()) // (2 * len(answers))
