"""The register of reviews: what is looked at again, what was found, what was decided, and when next (R70, R106)."""

from datetime import datetime, timedelta

from bson import ObjectId
from mongoengine import IntField, StringField

from documents.service.corrective_action import CorrectiveAction
from documents.service.price import months_after
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy, Remind
from records.declaration.record import Governed
from records.storage import writer
from records.storage.writer import ImmutableField
from security.actor import current_actor
from security.permissions import REVIEWS, Action, Role


class Subject(Choice):
    """What is looked at again."""

    COMPLAINT_RULES = "complaint-rules", N_("Complaint rules")
    SERVICE_MANUAL = "service-manual", N_("Service manual")
    PRICES = "prices", N_("Prices")
    AFTER_SALES = "after-sales", N_("Warranty and refunds")
    PRIVACY_NOTICES = "privacy-notices", N_("Privacy notices")
    USER_AGREEMENT = "user-agreement", N_("User agreement and terms")
    RETENTION = "retention", N_("How long data is kept")
    PERMISSIONS = "permissions", N_("Who may do what")
    OTHER = "other", N_("Something else")


class ReviewState(Choice):
    """How far a review has come."""

    PLANNED = "planned", N_("Planned")
    CLOSED = "closed", N_("Closed")


class Decision(Choice):
    """What a review decides."""

    KEEP = "keep", N_("It stays as it is")
    CHANGE = "change", N_("It is changed")
    END = "end", N_("It is given up")


class Review(Governed):
    """One look at one set of rules. Closing it says what was found, and plans the next."""

    policy = Policy(
        title=N_("Reviews"),
        singular=N_("Review"),
        group=N_("Service"),
        icon="calendar",
        access=REVIEWS,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own rules; nothing of a person"),
        remind=Remind("due_at", "planned", Role.SUPERVISOR, who="owner", ahead=timedelta(days=7)),
        label="name",
        columns=("name", "subject", "owner", "due_at", "state", "decision", "closed_at"),
        filters=("state", "subject", "owner", "due_at", "decision", "closed_at"),
        search=("name", "findings"),
        order="-created_at",
        sections=(
            (N_("The review"), ("name", "subject", "owner", "due_at", "every_months", "state")),
            (N_("What came of it"), ("findings", "decision", "closed_by", "closed_at", "before")),
        ),
    )

    name = StringField(required=True, max_length=200, verbose_name=N_("Name"))
    subject = StringField(choices=list(Subject), required=True, verbose_name=N_("What is looked at"))
    owner = ReferenceIdField("staff", verbose_name=N_("Who sees to it"))
    due_at = UTCDateTimeField(required=True, verbose_name=N_("To be done by"))
    every_months = IntField(
        min_value=0,
        max_value=120,
        default=12,
        verbose_name=N_("Again after months"),
        help_text=N_("When this one is closed, the next is planned so much later; 0 plans none."),
    )
    state = StringField(
        choices=list(ReviewState), default=ReviewState.PLANNED, system=True, verbose_name=N_("State")
    )
    findings = StringField(max_length=8000, multiline=True, system=True, verbose_name=N_("What was found"))
    decision = StringField(choices=list(Decision), system=True, verbose_name=N_("Decision"))
    closed_by = StringField(system=True, verbose_name=N_("Closed by"))
    closed_at = UTCDateTimeField(system=True, verbose_name=N_("Closed"))
    before = ReferenceIdField("reviews", system=True, verbose_name=N_("The one before"))
    reminded_at = UTCDateTimeField(internal=True, unaudited=True)

    meta = {
        "collection": "reviews",
        "indexes": [
            {"fields": ["state", "due_at"], "name": "by_state"},
            {"fields": ["owner", "due_at"], "name": "of_owner"},
        ],
    }

    def validate(self, clean: bool = True) -> None:
        """As declared; raises `ImmutableField` where a review that is closed was to be changed."""
        super().validate(clean)
        if self.stored and self.stored.get("state") == ReviewState.CLOSED:
            before = type(self)._from_son(self.stored)
            for name in ("name", "subject", "owner", "due_at", "every_months", "findings", "decision"):
                if getattr(self, name) != getattr(before, name):
                    raise ImmutableField(name)

    def is_immutable(self) -> bool:
        return self.state == ReviewState.CLOSED

    @action(
        N_("Add a measure"),
        Action.EDIT,
        inputs=(
            ActionInput("what", N_("What is to be done"), "long-text"),
            ActionInput("owner", N_("Who sees to it"), "reference", collection="staff"),
            ActionInput("due_at", N_("To be done by"), "moment"),
        ),
    )
    def add_measure(self, now: datetime, what: str, owner: ObjectId, due_at: datetime) -> None:
        """Have something done because of what was found."""
        CorrectiveAction(review=self.pk, what=what, owner=owner, due_at=due_at).save(now=now)

    @action(
        N_("Close the review"),
        Action.EDIT,
        when=lambda review: review.state == ReviewState.PLANNED,
        inputs=(
            ActionInput("findings", N_("What was found"), "long-text", max_length=8000),
            ActionInput("decision", N_("Decision"), "choice", choices=Decision),
            ActionInput(
                "next_at",
                N_("Next review"),
                "moment",
                required=False,
                help=N_("Left open, after the usual time."),
            ),
        ),
    )
    def close(
        self, now: datetime, findings: str, decision: Decision, next_at: datetime | None = None
    ) -> None:
        """Keep what came of it, and plan the next in the same moment. Raises `ActionRefused` for a next review
        that is not later, and where rules are to change with nothing said to be done about it."""
        if next_at and next_at <= now:
            raise ActionRefused(N_("The next review lies in the future."))
        if decision is Decision.CHANGE and not CorrectiveAction.objects(review=self.pk).first():
            raise ActionRefused(N_("Something is changed: please add a measure first, with who sees to it."))
        self.state, self.findings, self.decision = ReviewState.CLOSED, findings, decision
        self.closed_by, self.closed_at = current_actor().name, now
        writer.save(self, *self._next(now, decision, next_at), now=now)

    def _next(self, now: datetime, decision: Decision, next_at: datetime | None) -> list["Review"]:
        due = next_at or (months_after(now, self.every_months) if self.every_months else None)
        if due is None or decision is Decision.END:
            return []
        follows = Review(
            name=self.name, subject=self.subject, owner=self.owner, due_at=due, every_months=self.every_months,
            before=self.pk,
        )  # fmt: skip
        return [follows]
