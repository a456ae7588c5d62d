"""The demo's company before it is stored: the same each time, and nothing left blank."""

import tomllib
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from demo.company import company
from demo.random_choices import one_of
from demo.texts import SHARES, TEXTS
from demo.ticket_histories import (
    COMPLAINT_PATHS,
    DISPUTED_PATHS,
    FEEDBACK_PATHS,
    STILL_OPEN_PATH,
    UNRELATED_PATHS,
)
from documents.people.user import Source
from documents.privacy.consent import ConsentState
from documents.tickets.complaint import ComplaintKind
from documents.tickets.feedback import FeedbackKind
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.workflows import COMPLAINT_WORKFLOW

A_SUNDAY = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
IN_GOLDEN_WEEK = datetime(2026, 10, 3, 15, 30, tzinfo=UTC)
A_LEAP_DAY = datetime(2028, 2, 29, 0, 0, tzinfo=UTC)
DIFFERENT_EACH_TIME = {"fs_uniquifier"}


def facts(record):
    """What a record says, in the clear."""
    return {name: repr_of(value) for name, value in record._data.items() if name not in DIFFERENT_EACH_TIME}


def repr_of(value):
    if isinstance(value, list):
        return [repr_of(item) for item in value]
    return value.to_mongo() if hasattr(value, "to_mongo") else value


@pytest.mark.parametrize("now", [A_SUNDAY, IN_GOLDEN_WEEK, A_LEAP_DAY])
def test_the_same_moment_gives_the_same_company(now):
    one, other = company(now), company(now)

    for of in (
        lambda made: made.staff.everyone(),
        lambda made: [customer.user for customer in made.customers],
        lambda made: made.consents,
        lambda made: [*made.story.consents, *made.story.tickets],
    ):
        assert [facts(record) for record in of(one)] == [facts(record) for record in of(other)]


def test_another_moment_gives_another():
    one, other = company(A_SUNDAY), company(A_SUNDAY + timedelta(days=1))

    assert {customer.user.pk for customer in one.customers}.isdisjoint(
        customer.user.pk for customer in other.customers
    )


def test_every_language_has_its_part_of_the_customers():
    customers = company(A_SUNDAY).customers

    for language, share in SHARES.items():
        speakers = sum(customer.voice.language == language for customer in customers)
        assert speakers == pytest.approx(share * len(customers), rel=0.35)


@pytest.mark.parametrize("now", [A_SUNDAY, IN_GOLDEN_WEEK, A_LEAP_DAY])
def test_nothing_happened_in_the_future(now):
    made = company(now)

    assert all(customer.user.created_at <= now for customer in made.customers)
    assert all(event.at <= now for consent in made.consents for event in consent.events)


def test_a_consent_stands_where_its_last_event_left_it():
    for consent in company(A_SUNDAY).consents:
        moments = [event.at for event in consent.events]
        assert moments == sorted(moments)
        assert consent.state == consent.events[-1].state
        assert bool(consent.ended_at) == (consent.state in {ConsentState.WITHDRAWN, ConsentState.EXPIRED})


@pytest.mark.parametrize(
    "path", [*COMPLAINT_PATHS, *FEEDBACK_PATHS, *UNRELATED_PATHS, *DISPUTED_PATHS, STILL_OPEN_PATH]
)
def test_a_life_takes_only_steps_that_may_be_taken(path):
    assert all(there in COMPLAINT_WORKFLOW.next[here] for here, there in pairwise(path))


def test_a_share_of_nothing_is_never_drawn():
    rng = company(A_SUNDAY).rng

    assert {one_of(rng, {"often": 1.0, "never": 0.0}) for _ in range(50)} == {"often"}


@pytest.fixture(params=list(SHARES))
def texts(request):
    return tomllib.loads((TEXTS / f"{request.param}.toml").read_text(encoding="utf-8"))


def test_there_is_something_to_say_of_every_trade(texts):
    trades = set(texts["projects"])

    assert trades == set(texts["needs"]) == set(texts["preferences"])
    for said in ("complaints", "feedback"):
        assert {text["trade"] for text in texts[said]} >= trades | {"any"}


def test_what_is_said_is_of_a_kind_there_is(texts):
    assert {ComplaintKind(text["kind"]) for text in texts["complaints"]} == set(ComplaintKind)
    assert {FeedbackKind(text["kind"]) for text in texts["feedback"]} == set(FeedbackKind)
    assert set(texts["sources"]) == set(Source)


def test_notes_stand_under_states_there_are(texts):
    states = (set(texts["notes"]) | set(texts["feedback_notes"])) - {"recorder"}

    assert states <= {state.value for state in State}
    assert set(texts["notes"]) >= {state.value for state in CLOSED_STATES - {State.MERGED}}


def test_every_blank_is_filled(texts):
    filled = [
        text[part].format(project="P", days=3, amount="A")
        for said, parts in {"complaints": ("content", "measures"), "feedback": ("words",)}.items()
        for text in texts[said]
        for part in parts
    ]

    assert filled
    assert not [text for text in filled if "{" in text or "}" in text]


def test_no_two_say_the_same():
    said = [
        text["content"] if part == "complaints" else text["words"]
        for language in SHARES
        for part in ("complaints", "feedback")
        for text in tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))[part]
    ]

    assert len(said) == len(set(said)) >= 100
