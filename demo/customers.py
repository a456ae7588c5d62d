"""The demo's users: who they are, what they want designed, and where the relation stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.colleagues import Colleagues
from demo.random_choices import id_from, one_of, some_day
from demo.texts import SHARES, Voice
from documents.people.user import CustomerClass, Relation, Source, User, UserKind, UserStatus

YEAR = 365
KINDS = {UserKind.INDIVIDUAL: 0.62, UserKind.ENTERPRISE: 0.3, UserKind.INSTITUTION: 0.08}
TRADES = {
    UserKind.INDIVIDUAL: {"interior": 0.86, "brand": 0.07, "packaging": 0.07},
    UserKind.ENTERPRISE: {"brand": 0.38, "packaging": 0.4, "exhibition": 0.22},
    UserKind.INSTITUTION: {"brand": 0.4, "exhibition": 0.6},
}
"""What is designed for whom."""
RELATIONS = {Relation.CONSUMER: 0.66, Relation.PROSPECT: 0.2, Relation.PARTNER: 0.14}
CLASSES = {CustomerClass.REGULAR: 0.55, CustomerClass.OCCASIONAL: 0.33, CustomerClass.KEY: 0.12}
STATUSES = {
    UserStatus.ACTIVE: 0.93,
    UserStatus.WARNED: 0.04,
    UserStatus.RESTRICTED: 0.02,
    UserStatus.BANNED: 0.01,
}
SOURCES = {Source.FORM: 0.45, Source.CONTRACT: 0.3, Source.COMMUNICATION: 0.2, Source.IMPORT: 0.05}
WITH_MANAGER = {CustomerClass.KEY: 1.0, CustomerClass.REGULAR: 0.45, CustomerClass.OCCASIONAL: 0.05}
ENDED = 0.12
"""Part of the customers whose relation with us is over; of a third of them for longer than we may keep."""
LONG_OVER = 0.04


@dataclass(frozen=True)
class Customer:
    """A user, and what their tickets will be about."""

    user: User
    voice: Voice
    trade: str
    project: str


def customers(
    rng: Random, now: datetime, count: int, voices: dict[str, Voice], staff: Colleagues
) -> list[Customer]:
    """Made-up customers, the longest known first."""
    made = [_customer(rng, now, index / count, voices[one_of(rng, SHARES)], staff) for index in range(count)]
    return sorted(made, key=lambda customer: customer.user.created_at)


def _customer(rng: Random, now: datetime, place: float, voice: Voice, staff: Colleagues) -> Customer:
    """`place`, from 0 to 1, decides how long we know them, so that each kind is there in its share."""
    if place < LONG_OVER:
        created, ended = some_day(rng, now, 6 * YEAR, 5 * YEAR), some_day(rng, now, 4.5 * YEAR, 3 * YEAR + 10)
    elif place < ENDED:
        created, ended = some_day(rng, now, 5 * YEAR, 3 * YEAR), some_day(rng, now, 2.8 * YEAR, 20)
    else:
        created, ended = some_day(rng, now, one_of(rng, {60: 0.1, YEAR: 0.4, 4.5 * YEAR: 0.5}), 0), None
    kind = one_of(rng, KINDS)
    trade = one_of(rng, TRADES[kind])
    name = _NAMES[kind](voice)
    project = voice.pick("projects", trade)
    source = one_of(rng, SOURCES)
    user = User(
        id=id_from(rng, created),
        created_at=created,
        kind=kind,
        name=name,
        region=voice.region,
        relation=one_of(rng, RELATIONS),
        phone=voice.phone(),
        email=voice.email(name) if rng.random() < 0.85 else None,
        project_needs=voice.fill(voice.pick("needs", trade), project),
        design_preferences=voice.pick("preferences", trade) if rng.random() < 0.7 else None,
        source=source,
        source_note=f"{voice.pick('sources', source)} {created:%Y-%m}",
        relation_ended_at=ended,
    )
    user.customer_class = one_of(rng, CLASSES)
    user.status = UserStatus.ENDED if ended else one_of(rng, STATUSES)
    if rng.random() < WITH_MANAGER[CustomerClass(user.customer_class)]:
        user.account_manager = rng.choice(staff.handling(voice.language))
    return Customer(user, voice, trade, project)


_NAMES: dict[UserKind, Callable[[Voice], str]] = {
    UserKind.INDIVIDUAL: lambda voice: voice.name(),
    UserKind.ENTERPRISE: lambda voice: voice.contact_of(voice.company()),
    UserKind.INSTITUTION: lambda voice: voice.contact_of(voice.institution()),
}


def known_at(customer: Customer, moment: datetime) -> bool:
    """Tell whether the customer was one at that moment, and for a while already."""
    created: datetime = customer.user.created_at
    ended = customer.user.relation_ended_at
    return created < moment - timedelta(hours=1) and (ended is None or moment < ended)
