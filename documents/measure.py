"""Measures: what was decided to be done better, who sees to it, and by when (R70, R76)."""

from datetime import datetime, timedelta

from mongoengine import StringField

from documents.declaration.fields import Moment, Reference
from documents.declaration.policy import Fate, Policy, Remind
from documents.declaration.record import Governed
from documents.declaration.verbs import verb
from documents.declaration.words import N_, Choice
from security.permissions import MEASURES, Action, Role


class MeasureState(Choice):
    """How far a measure has come."""

    OPEN = "open", N_("To be done")
    DONE = "done", N_("Done")
    DROPPED = "dropped", N_("Given up")


class Measure(Governed):
    """One thing that somebody does because a review asks for it."""

    policy = Policy(
        title=N_("Measures"),
        one=N_("Measure"),
        group=N_("Service"),
        icon="tasks",
        access=MEASURES,
        on_erasure=Fate.RETAIN,
        basis="The company's own rules; nothing of a person",
        remind=Remind(
            "due_at", "open", Role.SUPERVISOR, who="owner", says="overdue", again=timedelta(days=7)
        ),
        label="what",
        columns=("what", "owner", "due_at", "state", "outcome", "done_at"),
        filters=("state", "owner", "due_at", "done_at"),
        search=("what", "outcome"),
        sections=((N_("The measure"), ("what", "review", "owner", "due_at", "state", "outcome", "done_at")),),
    )

    what = StringField(required=True, max_length=2000, multiline=True, verbose_name=N_("What is to be done"))
    review = Reference("reviews", locked=True, verbose_name=N_("Review"))
    owner = Reference("staff", required=True, verbose_name=N_("Who sees to it"))
    due_at = Moment(required=True, verbose_name=N_("To be done by"))
    state = StringField(
        choices=list(MeasureState), default=MeasureState.OPEN, system=True, verbose_name=N_("State")
    )
    outcome = StringField(max_length=2000, multiline=True, system=True, verbose_name=N_("What came of it"))
    done_at = Moment(system=True, verbose_name=N_("Done"))
    reminded_at = Moment(internal=True, unaudited=True)

    meta = {
        "collection": "measures",
        "indexes": [
            {"fields": ["state", "due_at"], "name": "by_state"},
            {"fields": ["owner", "state", "due_at"], "name": "of_owner"},
            {"fields": ["review", "_id"], "name": "of_review"},
        ],
    }

    @verb(
        N_("Done"),
        Action.RUN,
        when=lambda measure: measure.state == MeasureState.OPEN,
        note=N_("What came of it"),
    )
    def finish(self, now: datetime, note: str) -> None:
        """It is done, and this is what came of it."""
        self._settle(MeasureState.DONE, note, now)

    @verb(
        N_("Give it up"),
        Action.RUN,
        when=lambda measure: measure.state == MeasureState.OPEN,
        note=N_("Why it is not done"),
        danger=True,
    )
    def drop(self, now: datetime, note: str) -> None:
        """It is not done, and this is why."""
        self._settle(MeasureState.DROPPED, note, now)

    def _settle(self, state: MeasureState, note: str, now: datetime) -> None:
        self.state, self.outcome, self.done_at = state, note, now
        self.save(now=now)
