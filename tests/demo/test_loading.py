"""The demo's company once it is stored: what a visitor is to find, and what is left alone."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from pymongo.database import Database

import demo
import runtime
from demo.company import company
from documents.conversation.attachment import Attachment
from documents.conversation.note import Note
from documents.erasure.deletion_request import DeletionRequest, Progress
from documents.erasure.tombstone import Tombstone, identity_hash
from documents.people.user import User
from documents.privacy.consent import Consent, ConsentState
from documents.privacy.data_recall import DataRecall
from documents.privacy.data_sharing import DataSharing
from documents.privacy.pii_access import PiiAccess
from documents.privacy.subject_request import Right, SubjectRequest
from documents.privacy.third_party import ThirdParty
from documents.service.corrective_action import CorrectiveAction
from documents.service.help_article import HelpArticle
from documents.service.price import Price, price_of
from documents.service.review import Review
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.refund import Refund
from documents.tickets.related_tickets import LinkReason, merged_tickets
from documents.tickets.service_standard import ServiceStandard
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.ticket import Channel, Priority
from documents.tickets.workflows import COMPLAINT_WORKFLOW
from documents.work.notification import Notification, unread_count
from records.legal_hold import LegalHold
from records.storage import keys, search_tokens
from records.storage.audit import AuditEntry
from records.versioned import in_force
from reports.complaint_survey import complaint_survey
from reports.unusual_reveals import unusual_reveals
from security.actor import Actor, act_as
from security.keyring import Keyring
from security.permissions import Role
from tests.plugins.database import empty

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOURS = timedelta(hours=24)
DAYS = timedelta(days=1)


def hashed(password: str) -> str:
    return f"hash of {password}"


@pytest.fixture(scope="module")
def loaded(_indexed_database: Database) -> Iterator[demo.Loaded]:
    """The demo, loaded once for the tests of this file that only look at it."""
    empty(_indexed_database)
    runtime.configure(keyring=Keyring.new())
    yield demo.load(NOW, hashed)
    demo.reset()


@pytest.fixture(scope="module")
def tickets(loaded):
    """As they were loaded: no test changes them."""
    return [*Complaint.objects, *Feedback.objects]


def test_it_is_loaded_as_it_says(loaded):
    assert demo.loaded()
    assert loaded.counts["users"] == User.objects.count() == 400
    assert loaded.counts["complaints"] == Complaint.objects.count()
    assert loaded.counts["feedback"] == Feedback.objects.count()
    assert loaded.counts["consents"] == Consent.objects.count() > 800


def test_each_role_has_a_sign_in_that_is_stored_hashed(loaded):
    assert set(loaded.sign_ins) == {*(role.value for role in Role), "second-officer"}
    for name, sign_in in loaded.sign_ins.items():
        member = Staff.objects(email=sign_in["email"]).first()
        assert (member.roles, member.active) == ([sign_in["role"]], True)
        assert name in {sign_in["role"], "second-officer"}
        assert member.password == hashed(sign_in["password"])
        assert member.fs_uniquifier


def test_nobody_else_can_sign_in(loaded):
    addresses = {sign_in["email"] for sign_in in loaded.sign_ins.values()}

    assert {member.email for member in Staff.objects(password__ne=None)} == addresses


def test_tickets_went_where_they_may_go_and_when_they_could(tickets):
    for ticket in tickets:
        for before, after in pairwise(ticket.moves):
            assert State(after.state) in COMPLAINT_WORKFLOW.next[State(before.state)], ticket
            assert before.at <= after.at, ticket
        assert ticket.moves[0].at == ticket.created_at
        assert ticket.moves[-1].at <= NOW
        assert ticket.state == ticket.moves[-1].state
        assert (
            (ticket.closed_at == ticket.moves[-1].at)
            if ticket.state in CLOSED_STATES
            else not ticket.closed_at
        )


def test_some_are_overdue_some_at_risk_some_were_late(tickets):
    still_open = [ticket for ticket in tickets if not ticket.closed_at]
    overdue = [ticket for ticket in still_open if ticket.is_overdue(NOW)]

    assert [ticket for ticket in overdue if ticket.overdue_at]
    assert [ticket for ticket in overdue if not ticket.overdue_at], "the job has something to flag"
    assert [ticket for ticket in still_open if ticket.due_at and NOW < ticket.due_at < NOW + HOURS]
    assert [
        ticket
        for ticket in tickets
        if ticket.closed_at and ticket.due_at and ticket.closed_at > ticket.due_at
    ]
    assert [
        ticket
        for ticket in tickets
        if ticket.closed_at and ticket.due_at and ticket.closed_at <= ticket.due_at
    ]


def test_only_what_ran_late_is_flagged(tickets):
    for ticket in tickets:
        if ticket.overdue_at:
            assert ticket.due_at < ticket.overdue_at <= (ticket.closed_at or NOW)


def test_every_channel_and_priority_is_used_and_some_names_are_not_known(tickets):
    assert {ticket.channel for ticket in tickets} == set(Channel)
    assert {ticket.priority for ticket in tickets} == set(Priority)
    assert Feedback.objects(user=None).count() > 10


@pytest.mark.parametrize("kind", [User, Consent, Complaint, Feedback])
def test_some_records_are_kept_for_too_long(loaded, kind):
    keep = kind.policy.keep

    assert kind.objects(**{f"{keep.after}__lt": keep.cutoff(NOW)}).count() > 2


def test_some_records_are_on_a_legal_hold(loaded):
    too_old = {"closed_at__lt": Complaint.policy.keep.cutoff(NOW)}

    assert Complaint.objects(hold_reason__ne=None, **too_old).count() > 0
    assert (
        Complaint.objects(hold_reason__ne=None, state__in=[State.ARBITRATION, State.LITIGATION]).count() > 1
    )
    assert User.objects(hold_reason__ne=None).count() == 1


def test_every_held_record_stands_in_the_register_of_holds(loaded):
    held = {one.pk for kind in (User, Complaint, Feedback) for one in kind.objects(hold_reason__ne=None)}

    assert {hold.record for hold in LegalHold.objects} == held


def test_data_was_shared_only_as_agreed_and_asked_back_where_consent_was_withdrawn(loaded):
    parties = {party.pk: party for party in ThirdParty.objects}
    sharings = list(DataSharing.objects)

    assert len(sharings) > 5
    assert all(parties[one.third_party].agreement_from <= one.shared_at for one in sharings)
    withdrawn = {one.pk for one in Consent.objects(purpose="sharing", state="withdrawn")}
    assert {one.pk for one in sharings if one.recalled_at} == {
        one.pk for one in sharings if one.consent in withdrawn
    }
    assert DataRecall.objects.count() == DataSharing.objects(recalled_at__ne=None).count() > 0


def test_numbers_follow_age(loaded):
    users = list(User.objects.order_by("created_at"))

    assert [user.number for user in users] == sorted(user.number for user in users)


def test_one_person_has_everything(loaded):
    lin = User.objects(search=search_tokens.identity("email", "meihua.lin@example.com")).get()
    tickets = [*Complaint.objects(user=lin.pk), *Feedback.objects(user=lin.pk)]

    assert lin.name == "林美華"
    assert lin.account_manager
    assert {event.state for consent in Consent.objects(user=lin.pk) for event in consent.events} == set(
        ConsentState
    )
    assert {ticket.state for ticket in tickets} >= {
        State.RECEIVED, State.WAITING, State.INVESTIGATING, State.ANSWERED, State.NEGOTIATION, State.DROPPED,
        State.CLOSED,
    }  # fmt: skip
    changes = AuditEntry.objects(record=lin.pk).order_by("at")
    assert [entry.reason for entry in changes if entry.reason] == [
        "回訪時客戶表示喜好改變", "第二個案子簽約", "客戶更換手機門號",
    ]  # fmt: skip


def test_her_history_names_who_did_what(loaded):
    lin = User.objects(search=search_tokens.identity("email", "meihua.lin@example.com")).get()
    disputed = Complaint.objects(user=lin.pk, state=State.NEGOTIATION).get()
    actors = {entry.actor for entry in AuditEntry.objects(record=disputed.pk)}

    assert len({actor for actor in actors if actor.startswith("staff:")}) == 2
    for actor in actors - {"command:demo"}:
        assert Staff.objects(pk=actor.removeprefix("staff:")).count() == 1


def test_requests_stand_at_different_points(loaded):
    requests = list(DeletionRequest.objects)

    assert Counter(request.state for request in requests) == {
        Progress.DONE: 3,
        Progress.REQUESTED: 2,
        Progress.BLOCKED: 1,
        Progress.PROPOSED: 1,
    }
    for request in requests:
        person = User.objects(pk=request.user).first()
        assert (person is None) == (request.state == Progress.DONE)
        assert bool(person and person.hold_reason) == (request.state == Progress.BLOCKED)


def test_who_was_deleted_left_tombstones_and_nothing_else(loaded):
    for request in DeletionRequest.objects(state=Progress.DONE):
        assert keys.get_keys([request.user]) == {}
        assert Consent.objects(user=request.user).count() == 0
        left = Tombstone.objects(request=request.pk)
        assert left.count() == request.done == request.of
        assert identity_hash("users", request.user) in {tombstone.mark for tombstone in left}


def test_the_same_moment_gives_the_same_tickets(loaded):
    def drawn():
        return [
            (
                ticket.pk,
                ticket.user,
                ticket.due_at,
                [(move.state, move.at, move.by, move.note) for move in ticket.moves],
            )
            for ticket in company(NOW).tickets()
        ]

    assert drawn() == drawn()


def test_the_manual_prices_and_help_are_in_force(loaded):
    assert [one.step for one in in_force(ServiceStandard, NOW)] == [
        "advice", "booking", "follow-up", "reception", "repair",
    ]  # fmt: skip
    assert int(price_of("logo_design", "CNY", NOW).amount) > int(
        price_of("logo_design", "CNY", NOW - 400 * DAYS).amount
    )
    assert {one.audience for one in in_force(HelpArticle, NOW)} == {"staff", "public"}


def test_a_next_edition_can_be_written(loaded):
    price = price_of("logo_design", "CNY", NOW)
    with act_as(Actor.command("test")):
        price.revise(NOW)
        draft = Price.objects.get(state="draft")
        assert draft.number == "logo_design-CNY-3"
        draft.delete()


def test_refunds_wait_are_paid_and_one_is_late(loaded):
    refunds = list(Refund.objects)

    assert {refund.state for refund in refunds} == {"asked", "approved", "paid"}
    assert any(refund.state == "approved" and refund.due_at < NOW for refund in refunds)
    assert all(refund.created_at <= (refund.paid_at or NOW) <= NOW for refund in refunds)


def test_one_review_is_overdue_and_people_said_how_their_complaints_were_dealt_with(loaded):
    assert Review.objects(state="planned", due_at__lt=NOW).count() == 1

    quarters = complaint_survey(NOW, ZoneInfo("Asia/Shanghai"))

    assert sum(quarter.answered for quarter in quarters) > 20
    assert all(
        quarter.answered <= quarter.asked + quarters[n + 1].asked for n, quarter in enumerate(quarters[:-1])
    )
    assert quarters[1].causes


@pytest.mark.parametrize("state", [State.ARBITRATION, State.LITIGATION, State.WAITING, State.OUTSIDE])
def test_some_tickets_are_in_dispute_and_some_wait(tickets, state):
    waiting = [one for one in tickets if one.state == state]

    assert waiting
    assert all(one.paused_at for one in waiting if one.promise)


@pytest.mark.parametrize("why", LinkReason)
def test_tickets_are_related_in_every_way_there_is_but_one(tickets, why):
    linked = [link for one in tickets for link in one.links if link.why == why]

    assert bool(linked) is (why in {LinkReason.MERGED, LinkReason.RECURRENCE})


def test_a_merged_pair_keeps_both_histories(tickets):
    (double,) = [one for one in tickets if one.state == State.MERGED]
    main = Complaint.objects.get(pk=double.merged_into)

    assert [one.pk for one in merged_tickets(main)] == [double.pk]
    assert (main.user, main.content) == (double.user, double.content)


def test_some_tickets_have_evidence_that_opens_and_notes(loaded):
    files = list(Attachment.objects)

    assert {one.type for one in files} == {"image/png", "text/plain"}
    assert all(len(b"".join(one.pieces())) == one.size for one in files)
    assert Note.objects.count() > 5


def test_there_are_notices_read_and_unread_for_who_signs_in(loaded):
    for role in (Role.STAFF, Role.SUPERVISOR):
        person = Staff.objects.get(email=loaded.sign_ins[role]["email"])
        mine = Notification.objects(to=person.pk)
        assert unread_count(person.pk, [role], NOW, 100) > 3
        assert mine(read_by=person.pk).count() > 3


def test_something_is_done_better_and_somebody_helps(loaded, tickets):
    assert sorted(one.state for one in CorrectiveAction.objects(ticket__ne=None)) == ["done", "open", "open"]
    assert [one for one in tickets if one.team]


def test_people_ask_about_their_data_in_every_way_but_one_and_one_waits_too_long(loaded):
    requests = {one.right: one for one in SubjectRequest.objects}

    assert set(requests) == {right.value for right in Right} - {"withdraw"}
    assert [right for right, one in requests.items() if one.is_overdue(NOW)] == ["restrict"]
    assert (requests["know"].state, bool(requests["delete"].deletion)) == ("answered", True)


def test_an_erasure_is_planned_by_one_officer_for_another_to_approve(loaded):
    request = DeletionRequest.objects.get(pk=SubjectRequest.objects.get(right="delete").deletion)

    assert (request.state, request.requested_by) == ("proposed", "Helen Carter")
    assert "second-officer" in loaded.sign_ins


def test_looks_at_personal_data_wait_to_be_looked_over_and_some_are_unusual(loaded):
    odd = unusual_reveals(NOW, ZoneInfo("Asia/Shanghai"))

    assert PiiAccess.objects(finding="open").count() == 4
    assert {oddity.value for one in odd for oddity in one.oddities} >= {"no-ticket"}
