"""A dispute before arbitrators or a court: where it is heard, under which number, and how it ends."""

from datetime import timedelta

import pytest

from documents.erasure import erase
from documents.people.user import User
from documents.service.root_cause import RootCause
from documents.tickets.complaint import Complaint
from documents.tickets.dispute import Outcome
from documents.tickets.states import State
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate
from records.lists import search
from records.storage.writer import ImmutableField

MINUTE = timedelta(minutes=1)
KNOWN = {"cause": RootCause.COMMUNICATION, "measures": "A call first."}
COURT, ARBITRATORS = "Pudong New Area People's Court", "Shanghai Arbitration Commission"

pytestmark = pytest.mark.clause("R68")


@pytest.fixture
def ticket(database, actor, now):
    li = User(name="李雷").save(now=now)
    made = Complaint(content="It hums.", user=li, state=State.NEGOTIATION).save(now=now)
    return stored(made)


def stored(ticket):
    return Complaint.objects.get(pk=ticket.pk)


def heard(ticket):
    return [(each.stage, each.forum, each.outcome) for each in stored(ticket).proceedings]


def test_it_is_kept_who_hears_it_and_under_which_number(ticket, now, actor):
    ticket.litigate(now + MINUTE, COURT, "(2026)沪0115民初1234号", "They sued.")

    assert heard(ticket) == [("litigation", COURT, None)]
    (one,) = stored(ticket).proceedings
    assert (one.at, one.by) == (now + MINUTE, actor.name)
    assert stored(ticket).court_number == "(2026)沪0115民初1234号"
    assert stored(ticket).moves[-1].note == "They sued."


def test_without_saying_where_it_goes_nowhere(ticket, now):
    with pytest.raises(ActionRefused, match="left open"):
        ticket.arbitrate(now + MINUTE, "")

    assert (heard(ticket), stored(ticket).state) == ([], State.NEGOTIATION)


def test_the_number_may_come_later_and_belongs_to_where_it_is_heard(ticket, now):
    ticket.arbitrate(now + MINUTE, ARBITRATORS)
    ticket.number_case(now + 2 * MINUTE, "SHIAC 2026-7")
    ticket.litigate(now + 3 * MINUTE, COURT, outcome=Outcome.NOT_HEARD)
    ticket.number_case(now + 4 * MINUTE, "(2026)沪0115民初1234号")

    found = stored(ticket)
    assert (found.arbitration_number, found.court_number) == ("SHIAC 2026-7", "(2026)沪0115民初1234号")


def test_it_goes_from_arbitrators_to_court_only_with_how_it_ended_there(ticket, now):
    ticket.arbitrate(now + MINUTE, ARBITRATORS)
    with pytest.raises(ActionRefused, match="how the proceedings ended"):
        ticket.litigate(now + 2 * MINUTE, COURT)

    ticket = stored(ticket)
    ticket.litigate(now + 2 * MINUTE, COURT, outcome=Outcome.NOT_HEARD)

    assert heard(ticket) == [
        ("arbitration", ARBITRATORS, None),
        ("arbitration", None, "not-heard"),
        ("litigation", COURT, None),
    ]


def test_it_is_closed_only_with_its_outcome(ticket, now):
    ticket.litigate(now + MINUTE, COURT)
    with pytest.raises(ActionRefused, match="how the proceedings ended"):
        ticket.close(now + 2 * MINUTE, "Over.", **KNOWN)
    assert stored(ticket).state == State.LITIGATION

    ticket = stored(ticket)
    ticket.close(now + 2 * MINUTE, "Over.", **KNOWN, outcome=Outcome.IN_PART)

    assert heard(ticket)[-1] == ("litigation", None, "in-part")


def test_what_was_never_before_anybody_needs_no_outcome(ticket, now):
    ticket.close(now + MINUTE, "They agreed.", **KNOWN)

    assert (heard(ticket), stored(ticket).state) == ([], State.CLOSED)


def test_what_happened_there_is_only_added_to(ticket, now):
    ticket.litigate(now + MINUTE, COURT)
    ticket = stored(ticket)
    ticket.proceedings[0].forum = "another court"

    with pytest.raises(ImmutableField):
        ticket.save(now=now + 2 * MINUTE)


def test_a_complaint_is_found_by_its_case_number(ticket, now):
    ticket.litigate(now + MINUTE, COURT, "(2026)沪0115民初1234号")

    assert search.ids(Complaint, "沪0115民初1234号", 5) == [ticket.pk]
    assert search.ids(Complaint, "沪0115民初9999号", 5) == []


def test_with_its_person_the_case_numbers_go(ticket, now):
    ticket.litigate(now + MINUTE, COURT, "(2026)沪0115民初1234号")

    erase.apply_fate([stored(ticket)], Fate.ANONYMISE, "their time is over", now + 2 * MINUTE)

    assert (stored(ticket).court_number, heard(ticket)) == (None, [("litigation", COURT, None)])
