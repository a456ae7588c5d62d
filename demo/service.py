"""How the company says it works: its manual, price list, help, contacts, and the reviews of all that."""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from demo.colleagues import Colleagues
from demo.random_choices import id_from
from documents.service.contact_point import ContactPoint
from documents.service.corrective_action import CorrectiveAction, MeasureState
from documents.service.help_article import HelpArticle
from documents.service.price import Price
from documents.service.refund_rule import RefundRule
from documents.service.review import Review, ReviewState
from documents.tickets.service_standard import ServiceStandard
from records.storage.record import Record
from records.versioned import EditionState, Versioned
from security.permissions import Role

E = TypeVar("E", bound=Versioned)
SEED = 20260103
WORDS = Path(__file__).parent / "data" / "service.toml"
DAY = timedelta(days=1)
LONG_AGO, RAISED = 800 * DAY, 300 * DAY
"""When everything was first approved, and when some prices rose."""


def service(now: datetime, staff: Colleagues) -> Sequence[Record]:
    """All of it, approved by the supervisor and looked at again in time, or nearly."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    approver = staff.accounts[Role.SUPERVISOR].name
    editions = [*_standards(now), *_prices(now), *_help(now)]
    for edition in editions:
        edition.approved_by, edition.approved_at = approver, edition.effective_from
    return [*editions, *_contacts(now), *_refund_rules(now), *_reviews(rng, now, staff)]


@cache
def words() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def said(facts: dict[str, Any], *stems: str) -> dict[str, str]:
    """The wordings of one thing, by the names of their fields."""
    return {f"{stem}_{ending}": text for stem in stems for ending, text in facts[stem].items()}


def _in_force(edition: E, since: datetime) -> E:
    edition.state, edition.created_at, edition.effective_from = EditionState.APPROVED, since - DAY, since
    edition.newest_of = edition.thing()
    return edition


def _standards(now: datetime) -> Iterator[ServiceStandard]:
    for number, facts in enumerate(words()["standards"]):
        plain = {name: facts[name] for name in ("step", "place", "department", "shown_at")}
        standard = ServiceStandard(
            **plain, **said(facts, "name", "duty", "standard"), review_at=now + (number * 20 - 6) * DAY
        )
        yield _in_force(standard, now - LONG_AGO)


def _prices(now: datetime) -> Iterator[Price]:
    for facts in words()["prices"]:
        plain = {name: facts[name] for name in ("service", "unit", "warranty_months", "refund_days")}
        plain |= said(facts, "name", "included", "refund_rule")
        for currency, amount in facts["amount"].items():
            earlier = facts.get("before", {}).get(currency)
            if earlier:
                first = _in_force(Price(**plain, currency=currency, amount=earlier), now - LONG_AGO)
                first.effective_until, first.newest_of = now - RAISED, None
                yield first
            price = Price(**plain, currency=currency, amount=amount, review_at=now + 60 * DAY)
            yield _in_force(price, now - (RAISED if earlier else LONG_AGO))


def _help(now: datetime) -> Iterator[HelpArticle]:
    for facts in words()["help"]:
        plain = {name: facts.get(name) for name in ("slug", "kind", "audience", "about")}
        yield _in_force(HelpArticle(**plain, **said(facts, "title", "text")), now - RAISED)


def _contacts(now: datetime) -> Iterator[ContactPoint]:
    for facts in words()["contacts"]:
        plain = {name: facts.get(name) for name in ("purpose", "region", "phone", "email")}
        yield ContactPoint(**plain, **said(facts, "hours"), created_at=now - LONG_AGO)


def _refund_rules(now: datetime) -> Iterator[RefundRule]:
    why = "As agreed with accounting; a bank takes up to five days."
    for currency, limit in (("CNY", 500), ("TWD", 2000)):
        yield RefundRule(currency=currency, limit=limit, paid_within=7, why=why, created_at=now - LONG_AGO)


def _reviews(rng: Random, now: datetime, staff: Colleagues) -> Iterator[Record]:
    owner = staff.accounts[Role.SUPERVISOR]
    for facts in words()["reviews"]:
        plain = {name: facts[name] for name in ("name", "subject", "every_months")}
        before, began = None, now - RAISED
        if past := facts.get("past"):
            closed = began = now - past["days_ago"] * DAY
            before = Review(
                **plain, id=id_from(rng, closed - 30 * DAY), owner=owner, created_at=closed - 30 * DAY,
                due_at=closed + 2 * DAY, state=ReviewState.CLOSED, findings=past["findings"],
                decision=past["decision"], closed_by=owner.name, closed_at=closed,
            )  # fmt: skip
            yield before
            yield CorrectiveAction(
                review=before, what=past["measure"], owner=staff.others[0], due_at=closed + 30 * DAY,
                created_at=closed, state=MeasureState.DONE, outcome="In force since. 已生效。",
                done_at=closed + 21 * DAY,
            )  # fmt: skip
        yield Review(
            **plain, owner=owner, created_at=began, due_at=now + facts["due_in_days"] * DAY, before=before
        )
