"""Who deals with a ticket: claimed by one, assigned by load or by hand, handed over with a word (R36, R49, R65)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from bson import ObjectId

from documents.conversation.note import Note
from documents.deadlines.deadline_record import HasDeadlines, compute_deadlines
from documents.people.user import User
from documents.staff.absence import Absence, deputies_for
from documents.staff.staff import Department, Staff
from documents.work.notification import NotificationKind, notification, send
from language.words import N_
from records import rows
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.registry import registered
from records.storage import writer
from records.storage.database import database, session
from security.actor import current_actor
from security.permissions import Action, Role

WEIGHTS = {"urgent": 4, "high": 2}
"""What an open ticket counts by its priority when work is shared out; any other counts one."""
MOST = 500

TO = ActionInput("to", N_("To whom"), "reference", collection="staff")


def is_open(ticket: Any) -> bool:
    return ticket.closed_at is None and not ticket.anonymised_at


def _is_unassigned(ticket: Any) -> bool:
    return ticket.assignee is None


class Assignable:
    """The verbs of a record that somebody deals with; `documents.tickets.ticket.Ticket` has them."""

    pk: Any
    number: str
    assignee: Any
    acknowledged_at: Any
    department: ClassVar[Department | None] = None
    """Which department such records are for, if one is."""
    delay_reason: Any
    next_step: Any

    @action(
        N_("Take it on"),
        Action.EDIT,
        bulk=True,
        when=lambda ticket: is_open(ticket) and ticket.assignee != acting_staff(),
        group=ActionGroup.PEOPLE,
        primary=_is_unassigned,
    )
    def claim(self, now: datetime) -> None:
        """Make it mine. Of two who claim at once, one gets it; the other is `ActionRefused` and told who has it."""
        mine = acting_staff()
        if mine is None:
            raise ActionRefused(N_("Only a member of staff can take a ticket on."))
        if self.assignee and self.assignee != mine:
            raise ActionRefused(
                N_("%(name)s already deals with %(number)s."), name=name_of(self.assignee), number=self.number
            )
        self.assign_to(mine, now)

    @action(
        N_("Assign"),
        Action.ASSIGN,
        when=is_open,
        inputs=(
            ActionInput(
                "to", N_("To whom"), "reference", required=False, collection="staff",
                help=N_("Left open, whoever is here, suits it best and has the least to do gets it."),
            ),
        ),
        group=ActionGroup.PEOPLE,
        primary=_is_unassigned,
    )  # fmt: skip
    def give(self, now: datetime, to: ObjectId | None = None) -> None:
        """Assign it by hand, or to whoever suits it best. Raises `ActionRefused` where nobody is there to take it."""
        self.assign_to(check_assignable(to) if to else pick_assignee(self, now), now)

    @action(
        N_("Hand over"),
        Action.EDIT,
        when=lambda ticket: is_open(ticket) and bool(ticket.assignee),
        inputs=(TO, ActionInput("why", N_("What they need to know"), "long-text")),
        group=ActionGroup.PEOPLE,
    )
    def hand_over(self, now: datetime, to: ObjectId, why: str) -> None:
        """Give it to somebody else, with a note that stands with the ticket; both are told."""
        if to == self.assignee:
            raise ActionRefused(
                N_("%(name)s already deals with %(number)s."), name=name_of(to), number=self.number
            )
        Note.on(self, why, now)
        self.assign_to(check_assignable(to), now)

    @action(
        N_("Say why it is late"),
        Action.EDIT,
        when=lambda ticket: is_open(ticket) and bool(ticket.overdue_at),
        inputs=(
            ActionInput("delay_reason", N_("Why it took longer than promised"), "long-text"),
            ActionInput("next_step", N_("What happens next"), "long-text"),
        ),
        primary=lambda ticket: not ticket.delay_reason,
    )
    def explain_delay(self, now: datetime, delay_reason: str, next_step: str) -> None:
        """Keep why a promised time was missed and what is done about it, for whoever oversees (R51)."""
        self.delay_reason, self.next_step = delay_reason, next_step
        writer.save(self, now=now)  # type: ignore[arg-type]

    def assign_to(self, to: ObjectId, now: datetime) -> None:
        """Make somebody its handler; they and who had it before are told. Safe to repeat."""
        before, self.assignee = self.assignee, to
        self.acknowledged_at = self.acknowledged_at or now
        compute_deadlines([self])  # type: ignore[list-item]
        writer.save(self, now=now)  # type: ignore[arg-type]
        if before != to:
            send(list(_word(self, before, now)))


def _word(ticket: Any, before: ObjectId | None, now: datetime) -> Iterable[dict[str, Any]]:
    """What is told of a new handler; nobody is told of what they did themselves."""
    by = acting_staff()
    for occasion, person in (
        (NotificationKind.ASSIGNED, ticket.assignee),
        (NotificationKind.HANDED_OVER, before),
    ):
        if person and person != by:
            key = f"{occasion.value}:{ticket.pk}:{now.isoformat()}"
            yield notification(
                key, occasion, ticket.collection_name(), ticket.pk, ticket.number, now, [person]
            )  # fmt: skip


def acting_staff() -> ObjectId | None:
    """The member of staff who acts; None where a job or a command does."""
    kind, _colon, pk = current_actor().id.partition(":")
    return ObjectId(pk) if kind == "staff" and ObjectId.is_valid(pk) else None


def name_of(person: ObjectId) -> str:
    row = database()[Staff.collection_name()].find_one({"_id": person}, {"name": 1}, session=session())
    return row["name"] if row else "–"


def check_assignable(person: ObjectId) -> ObjectId:
    able = {"_id": person, "active": True, "roles": {"$in": _HANDLERS}}
    if not database()[Staff.collection_name()].find_one(able, {"_id": 1}, session=session()):
        raise ActionRefused(N_("%(name)s does not deal with tickets."), name=name_of(person))
    return person


def handlers() -> list[tuple[ObjectId, str]]:
    """Everybody who can be given a ticket, by name; one query."""
    rows = database()[Staff.collection_name()].find(
        {"active": True, "roles": {"$in": _HANDLERS}}, {"name": 1}
    )
    return sorted(((row["_id"], row["name"]) for row in rows.limit(MOST)), key=lambda one: one[1])


_HANDLERS = [Role.STAFF.value, Role.SUPERVISOR.value, Role.COMPLIANCE.value]


def pick_assignee(ticket: Any, now: datetime) -> ObjectId:
    """Who of the staff gets a ticket: of those here at `now`, its person's account manager before others
    (R66), then who belongs to the department for it and looks after its region (R36, R65), and of those
    who has the least open work. Raises `ActionRefused` for nobody."""
    rows = database()[Staff.collection_name()].find(
        {"roles": Role.STAFF.value, "active": True}, {"department": 1, "regions": 1}, session=session()
    )
    people = {row["_id"]: row for row in rows.sort("_id").limit(MOST)}
    here = [person for person, stands in deputies_for(people, now).items() if stands == person]
    if not here:
        raise ActionRefused(N_("Nobody of the staff is here to take it."))
    load, manager = loads(here), managers([ticket]).get(ticket.pk)
    return min(here, key=lambda one: (one != manager, -_suits(people[one], ticket), load[one], one))


def _suits(row: Mapping[str, Any], ticket: Any) -> int:
    """How well somebody suits a ticket: the department counts more than the region."""
    of_department = ticket.department is not None and row.get("department") == ticket.department
    of_region = bool(ticket.region) and ticket.region in (row.get("regions") or ())
    return 2 * of_department + of_region


def managers(tickets: Iterable[Any]) -> dict[ObjectId, ObjectId]:
    """The account managers of the people behind some tickets, by ticket; one query."""
    people = {ticket.user for ticket in tickets if ticket.user}
    wanted = {"_id": {"$in": list(people)}, "account_manager": {"$ne": None}}
    users = rows(User, wanted, ["account_manager"]) if people else []
    of_person = {row["_id"]: row["account_manager"] for row in users}
    return {ticket.pk: of_person[ticket.user] for ticket in tickets if ticket.user in of_person}


def loads(people: Iterable[ObjectId]) -> Counter[ObjectId]:
    """How much open work each has, weighted by priority; a query for each register of tickets."""
    load: Counter[ObjectId] = Counter()
    by = {"assignee": "$assignee", "priority": "$priority"}
    pipeline: list[dict[str, Any]] = [
        {"$match": {"closed_at": None, "assignee": {"$in": list(people)}}},
        {"$group": {"_id": by, "count": {"$sum": 1}}},
    ]
    for kind in registers():
        for row in database()[kind.collection_name()].aggregate(pipeline, session=session()):
            load[row["_id"]["assignee"]] += WEIGHTS.get(row["_id"].get("priority"), 1) * row["count"]
    return load


def registers() -> list[type[HasDeadlines]]:
    """The registers of what somebody deals with."""
    return [kind for kind in registered() if issubclass(kind, Assignable) and issubclass(kind, HasDeadlines)]


def covered_colleagues(person: ObjectId, now: datetime) -> list[ObjectId]:
    """Those who are away at `now` and for whom `person` stands in."""
    covering = {"ends_at": {"$gt": now}, "starts_at": {"$lte": now}}
    away = {row["staff"] for row in rows(Absence, covering, ["staff"], limit=MOST)} - {person}
    return [absent for absent, stands in deputies_for(away, now).items() if stands == person]
