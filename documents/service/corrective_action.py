"""Measures: what was decided to be done better, who sees to it, and by when (R53, R69, R70, R76)."""

from datetime import datetime, timedelta

from mongoengine import ListField, ObjectIdField, StringField

from documents.service.root_cause import RootCause
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy, Remind
from records.declaration.record import Governed
from security.permissions import MEASURES, Action, Role


class MeasureState(Choice):
    """How far a measure has come."""

    OPEN = "open", N_("To be done")
    DONE = "done", N_("Done")
    DROPPED = "dropped", N_("Given up")


class MeasureKind(Choice):
    """In which way something becomes better (R53); the values of `documents.tickets.ticket_choices.FeedbackResolution`."""

    FIX = "fix", N_("Fixed by a technician")
    PRODUCT_PLAN = "product-plan", N_("Assessed and put into the product plan")
    PROCESS = "process", N_("Process reviewed")
    TRAINING = "training", N_("Staff concerned trained")


class CorrectiveAction(Governed):
    """One thing that somebody does because a review asks for it, or because of what a ticket showed."""

    policy = Policy(
        title=N_("Measures"),
        singular=N_("Measure"),
        group=N_("Service"),
        icon="tasks",
        access=MEASURES,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own rules; nothing of a person"),
        remind=Remind(
            "due_at", "open", Role.SUPERVISOR, who="owner", says="overdue", again=timedelta(days=7)
        ),
        label="what",
        columns=("what", "how", "owner", "due_at", "state", "number", "cause", "done_at"),
        filters=("state", "how", "cause", "owner", "due_at", "done_at"),
        search=("what", "outcome", "number"),
        sections=(
            (N_("The measure"), ("what", "how", "owner", "due_at", "state", "outcome", "done_at")),
            (N_("The product plan"), ("assessment", "planned_for")),
            (N_("Training"), ("concerned",)),
            (N_("Where it comes from"), ("review", "number", "cause")),
        ),
    )

    what = StringField(required=True, max_length=2000, multiline=True, verbose_name=N_("What is to be done"))
    how = StringField(choices=list(MeasureKind), verbose_name=N_("How"))
    assessment = StringField(
        max_length=2000, multiline=True, system=True, verbose_name=N_("What the assessment found")
    )
    planned_for = StringField(max_length=60, system=True, verbose_name=N_("For which version"))
    concerned = ListField(ReferenceIdField("staff"), verbose_name=N_("Staff concerned"))
    collection = StringField(internal=True, locked=True)
    ticket = ObjectIdField(internal=True, locked=True)
    number = StringField(system=True, locked=True, verbose_name=N_("Ticket"))
    cause = StringField(choices=list(RootCause), system=True, verbose_name=N_("Root cause"))
    review = ReferenceIdField("reviews", locked=True, verbose_name=N_("Review"))
    owner = ReferenceIdField("staff", required=True, verbose_name=N_("Who sees to it"))
    due_at = UTCDateTimeField(required=True, verbose_name=N_("To be done by"))
    state = StringField(
        choices=list(MeasureState), default=MeasureState.OPEN, system=True, verbose_name=N_("State")
    )
    outcome = StringField(max_length=2000, multiline=True, system=True, verbose_name=N_("What came of it"))
    done_at = UTCDateTimeField(system=True, verbose_name=N_("Done"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "measures",
        "indexes": [
            {"fields": ["state", "due_at"], "name": "by_state"},
            {"fields": ["owner", "state", "due_at"], "name": "of_owner"},
            {"fields": ["review", "_id"], "name": "of_review"},
            {"fields": ["ticket", "_id"], "name": "of_ticket"},
            {"fields": ["cause", "-created_at", "-_id"], "name": "by_cause"},
        ],
    }

    @action(
        N_("Put it into the product plan"),
        Action.RUN,
        when=lambda measure: measure.state == MeasureState.OPEN and measure.how == MeasureKind.PRODUCT_PLAN,
        inputs=(
            ActionInput("assessment", N_("What the assessment found"), "long-text"),
            ActionInput("planned_for", N_("For which version"), max_length=60),
            ActionInput("due_at", N_("To be done by"), "moment", required=False),
        ),
    )
    def plan(self, now: datetime, assessment: str, planned_for: str, due_at: datetime | None = None) -> None:
        """It is worth its effort and comes with a later version (R53); may be planned anew."""
        self.assessment, self.planned_for = assessment, planned_for
        self.due_at, self.reminded_at = due_at or self.due_at, None
        self.save(now=now)

    @action(
        N_("Done"),
        Action.RUN,
        when=lambda measure: measure.state == MeasureState.OPEN,
        comment=N_("What came of it"),
    )
    def finish(self, now: datetime, note: str) -> None:
        """It is done, and this is what came of it. Raises `ActionRefused` for a feature nobody has assessed, and
        for a training that nobody took part in."""
        if self.how == MeasureKind.PRODUCT_PLAN and not self.planned_for:
            raise ActionRefused(N_("A feature is assessed and planned for a version before it is done."))
        if self.how == MeasureKind.TRAINING and not self.concerned:
            raise ActionRefused(N_("Please enter first which members of staff were trained."))
        self._settle(MeasureState.DONE, note, now)

    @action(
        N_("Give it up"),
        Action.RUN,
        when=lambda measure: measure.state == MeasureState.OPEN,
        comment=N_("Why it is not done"),
        danger=True,
    )
    def drop(self, now: datetime, note: str) -> None:
        """It is not done, and this is why."""
        self._settle(MeasureState.DROPPED, note, now)

    def _settle(self, state: MeasureState, note: str, now: datetime) -> None:
        self.state, self.outcome, self.done_at = state, note, now
        self.save(now=now)
