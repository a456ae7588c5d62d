"""Where tickets come in: who writes, through which channel, and who takes care of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from random import Random
from typing import Any

from demo.colleagues import Colleagues
from demo.customers import YEAR, Customer, known_at
from demo.random_choices import id_from, one_of, some_day
from demo.ratings import judge
from demo.texts import Voice
from demo.ticket_histories import Path, is_over, life
from documents.deadlines.deadline_record import compute_deadlines
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Priority, StateChange, Ticket
from records.declaration.policy import Policy

CHANNELS: dict[str, dict[Channel, float]] = {
    "zh_CN": {
        Channel.WECHAT: 0.3, Channel.HOTLINE: 0.17, Channel.APP: 0.13, Channel.WEBSITE: 0.12, Channel.CHAT: 0.09,
        Channel.EMAIL: 0.06, Channel.WEIBO: 0.05, Channel.DOUYIN: 0.05, Channel.STORE_BOX: 0.03,
    },
    "zh_TW": {
        Channel.OTHER: 0.28, Channel.HOTLINE: 0.22, Channel.WEBSITE: 0.2, Channel.EMAIL: 0.16, Channel.CHAT: 0.08,
        Channel.EVENT: 0.06,
    },
    "en": {
        Channel.EMAIL: 0.45, Channel.WEBSITE: 0.25, Channel.EVENT: 0.12, Channel.CHAT: 0.1, Channel.FORUM: 0.08,
    },
}  # fmt: skip
PRIORITIES = {Priority.NORMAL: 0.64, Priority.HIGH: 0.17, Priority.LOW: 0.14, Priority.URGENT: 0.05}
AGES = {(26, 0): 0.34, (400, 26): 0.52, (700, 400): 0.08}
"""How many days ago tickets came in, from and to; the rest is older than we may keep."""
PAST_RETENTION = 0.06


@dataclass(frozen=True)
class Draft:
    """A ticket as it came in, and how it may fare; `proposal` is the solution we have for it."""

    ticket: Any
    voice: Voice
    paths: Mapping[Path, float]
    proposal: str = ""


@dataclass(frozen=True)
class Desk:
    """What is known where a ticket comes in."""

    rng: Random
    now: datetime
    customers: Sequence[Customer]
    staff: Colleagues

    def moments(self, count: int, policy: Policy) -> list[datetime]:
        """When so many tickets came in, the oldest first."""
        ages = dict(AGES)
        if policy.keep:
            days = policy.keep.years * YEAR
            ages[days + 300, days + 80] = PAST_RETENTION
        return sorted(some_day(self.rng, self.now, *one_of(self.rng, ages)) for _ in range(count))

    def customer(self, moment: datetime) -> Customer:
        """Somebody who was a customer at that moment."""
        while not known_at(customer := self.rng.choice(self.customers), moment):
            pass
        return customer

    def received(self, created: datetime, voice: Voice) -> dict[str, Any]:
        """What every ticket has from its first moment on."""
        return {
            "id": id_from(self.rng, created),
            "created_at": created,
            "channel": one_of(self.rng, CHANNELS[voice.language]),
            "priority": one_of(self.rng, PRIORITIES),
            "region": voice.region,
            "moves": [StateChange(state=State.RECEIVED, at=created)],
        }

    def fare(self, drafts: Sequence[Draft]) -> None:
        """Promise tickets of one kind their times, and let each go its way up to now."""
        tickets = [draft.ticket for draft in drafts]
        kind: type[Ticket] = type(tickets[0])
        kind.make_promises([ticket for ticket in tickets if not ticket.promise_is_elsewhere()], self.now)
        for draft in drafts:
            self._live(draft)
        compute_deadlines(tickets)  # they stood still while it was not for us to act

    def _live(self, draft: Draft) -> None:
        ticket, voice = draft.ticket, draft.voice
        steps = life(self.rng, ticket, draft.paths, self.now)
        handler = self.rng.choice(self.staff.handling(voice.language))
        for step in steps[1:]:
            proposed = step.state is State.PROPOSED
            note = draft.proposal if proposed else voice.note(ticket.collection_name(), step.state)
            ticket.moves.append(StateChange(state=step.state, at=step.at, by=handler.name, note=note))
        ticket.state = steps[-1].state
        ticket.cycle = 1 + sum(
            before.state is State.DISSATISFIED and after.state is State.INVESTIGATING
            for before, after in pairwise(steps)
        )
        if len(steps) > 1:
            ticket.responded_at = steps[1].at
        if len(steps) > 2:
            ticket.assignee = handler
        if is_over(steps):
            ticket.closed_at = steps[-1].at
        judge(ticket)
