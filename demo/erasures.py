"""Requests to be deleted: some carried out long ago, some waiting, one blocked by a legal hold."""

from datetime import datetime, timedelta
from random import Random

from demo.agreements import agreements
from demo.colleagues import Colleagues, as_actor
from demo.customers import Customer
from demo.random_choices import id_from, some_day
from documents.erasure import erase
from documents.erasure.deletion_request import DeletionRequest, Progress
from documents.privacy.consent import Consent
from records.declaration.policy import Fate
from records.storage import writer
from records.storage.database import in_transaction
from security.actor import Actor, act_as
from security.permissions import Role

RULE = "On request: User policy 2(5)1"
WAITING = 2


def erase_long_ago(rng: Random, now: datetime, gone: list[Customer], staff: Colleagues) -> None:
    """Store these customers, and then delete them as they once asked for. Their data keys go too."""
    for customer in gone:
        asked_at = some_day(rng, now, 400, 30)
        customer.user.created_at = asked_at - timedelta(days=rng.randrange(90, 900))
        consents = agreements(rng, asked_at, [customer], customer.voice.name())
        writer.save(customer.user, *consents, now=customer.user.created_at)
        _erase(rng, customer, consents, asked_at, staff)


def _erase(
    rng: Random, customer: Customer, consents: list[Consent], asked_at: datetime, staff: Colleagues
) -> None:
    user, done_at = customer.user, asked_at + timedelta(minutes=rng.randrange(1, 9))
    with act_as(as_actor(staff.accounts[Role.COMPLIANCE])):
        request = DeletionRequest.create_request(
            user.pk, user.number, customer.voice.pick("deletion_reasons"), asked_at
        )

    def carry_out() -> None:
        erase.apply_fate(consents, Fate.ERASE, RULE, done_at, request.pk)
        erase.apply_fate([user], Fate.ERASE, RULE, done_at, request.pk)
        request.state, request.finished_at = Progress.DONE, done_at
        request.of = request.done = len(consents) + 1
        request.outcome = {"users": {"erase": 1}, "consents": {"erase": len(consents)}}
        request.save(now=done_at)

    with act_as(Actor.job("carry-out-erasures")):
        in_transaction(carry_out)


def asking(customers: list[Customer]) -> list[Customer]:
    """Those who ask now: the last whose relation ended."""
    return [one for one in customers if one.user.relation_ended_at][-WAITING - 1 :]


def requests(rng: Random, now: datetime, asking: list[Customer], staff: Colleagues) -> list[DeletionRequest]:
    """One request each, the newest first; whoever is on a legal hold is refused for now. The users
    must be stored already, since a request names their number."""
    made = []
    for index, customer in enumerate(asking):
        asked_at = now - timedelta(hours=3 * index, minutes=rng.randrange(5, 50))
        request = DeletionRequest(
            id=id_from(rng, asked_at),
            created_at=asked_at,
            user=customer.user.pk,
            user_number=customer.user.number,
            reason=customer.voice.pick("deletion_reasons"),
            requested_by=staff.accounts[Role.COMPLIANCE].name,
            state=Progress.BLOCKED if customer.user.hold_reason else Progress.REQUESTED,
        )
        made.append(request)
    return made
