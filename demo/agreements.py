"""The demo's consents: given, refused, taken back, renewed and run out."""

from datetime import datetime, timedelta
from random import Random

from demo.customers import YEAR, Customer
from demo.random_choices import id_from, one_of
from documents.people.user import Source, User
from documents.privacy.consent import Consent, ConsentEvent, ConsentState, GivenHow, Purpose

ASKED_OF = {
    Purpose.BUSINESS: 0.2,
    Purpose.MARKETING: 0.45,
    Purpose.PORTFOLIO: 0.3,
    Purpose.RESEARCH: 0.18,
    Purpose.SHARING: 0.12,
}
"""Beside the design service itself, which everybody is told about."""
VALID_FOR = {
    Purpose.MARKETING: timedelta(days=2 * YEAR),
    Purpose.RESEARCH: timedelta(days=YEAR),
    Purpose.SHARING: timedelta(days=2 * YEAR),
}
LATER = {None: 0.62, ConsentState.REFUSED: 0.14, ConsentState.WITHDRAWN: 0.16, ConsentState.RENEWED: 0.08}
HOW = {
    Source.FORM: GivenHow.ONLINE_FORM,
    Source.CONTRACT: GivenHow.SIGNED_PAPER,
    Source.COMMUNICATION: GivenHow.CALL,
    Source.IMPORT: GivenHow.EMAIL,
}
EVIDENCE = {
    GivenHow.ONLINE_FORM: "web-forms/{number:06d}",
    GivenHow.SIGNED_PAPER: "archive B/{number:06d}",
    GivenHow.CALL: "recordings/{number:06d}",
    GivenHow.EMAIL: "inbox/{number:06d}",
}
NOT_RECORDED_YET = timedelta(days=2)
"""What ran out in these last days still stands as given."""

Event = tuple[ConsentState, datetime]


def agreements(rng: Random, now: datetime, customers: list[Customer], recorder: str) -> list[Consent]:
    """The answers of all customers, the oldest first; `recorder` wrote them down."""
    made = []
    for customer in customers:
        asked = [Purpose.DESIGN_SERVICE, *(one for one, part in ASKED_OF.items() if rng.random() < part)]
        made += [_answer(rng, now, customer.user, purpose, recorder) for purpose in asked]
    return sorted(made, key=lambda consent: consent.created_at)


def _answer(rng: Random, now: datetime, user: User, purpose: Purpose, recorder: str) -> Consent:
    created: datetime = user.created_at
    asked_at = created + timedelta(minutes=rng.randrange(1, 50))
    expires_at = asked_at + VALID_FOR[purpose] if purpose in VALID_FOR else None
    later = None if purpose is Purpose.DESIGN_SERVICE else one_of(rng, LATER)
    events = _events(rng, now, min(asked_at, now), expires_at, later, user.relation_ended_at)
    return answer(rng, user, purpose, events, expires_at, recorder)


def _events(
    rng: Random, now: datetime, asked_at: datetime, expires_at: datetime | None,
    later: ConsentState | None, ended_at: datetime | None,
) -> list[Event]:  # fmt: skip
    if later is ConsentState.REFUSED:
        return [(ConsentState.REFUSED, asked_at)]
    events = [(ConsentState.GIVEN, asked_at)]
    last = min(moment for moment in (expires_at, ended_at, now) if moment)
    if later is ConsentState.RENEWED and expires_at and last == expires_at:
        events.append((ConsentState.RENEWED, expires_at - timedelta(days=rng.randrange(1, 30))))
    elif later is ConsentState.WITHDRAWN:
        events.append((ConsentState.WITHDRAWN, asked_at + (last - asked_at) * rng.uniform(0.1, 0.9)))
    elif last == ended_at:
        events.append((ConsentState.WITHDRAWN, ended_at))
    elif expires_at and expires_at < now - NOT_RECORDED_YET:
        events.append((ConsentState.EXPIRED, expires_at))
    return events


def answer(
    rng: Random, user: User, purpose: Purpose, events: list[Event], expires_at: datetime | None, recorder: str
) -> Consent:
    """One consent with its history; a renewed one is valid for as long again."""
    state, at = events[-1]
    if state is ConsentState.RENEWED and expires_at:
        expires_at += VALID_FOR[purpose]
    how = HOW[Source(user.source)]
    return Consent(
        id=id_from(rng, events[0][1]),
        created_at=events[0][1],
        user=user.pk,
        purpose=purpose,
        notice_version=f"{events[0][1].year}.1",
        given_how=how,
        evidence=EVIDENCE[how].format(number=rng.randrange(10**6)),
        state=state,
        expires_at=expires_at,
        ended_at=at if state in {ConsentState.WITHDRAWN, ConsentState.EXPIRED} else None,
        events=[ConsentEvent(state=what, at=when, by=recorder) for what, when in events],
    )
