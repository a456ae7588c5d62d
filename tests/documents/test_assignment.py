"""Who deals with a ticket: claimed once, assigned by load or by hand, handed over with a word."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest

import runtime
from documents.conversation.note import Note
from documents.people.user import User
from documents.staff.absence import Absence
from documents.staff.staff import Staff
from documents.tickets.assignment import covered_colleagues, loads, pick_assignee
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.work.notification import Notification
from records.declaration.actions import ActionRefused
from records.storage.database import in_transaction
from security.actor import Actor, act_as
from security.keyring import Keyring
from security.permissions import Role


@pytest.fixture(autouse=True)
def _somebody(database, actor):
    """An empty database, and somebody who prepares what is needed."""
    runtime.configure(keyring=Keyring.new())


def person(name: str, role: str = "staff", **facts) -> Staff:
    return Staff(name=name, email=f"{name}@steward.example", roles=[role], **facts).save()


def as_(staff: Staff) -> act_as:
    return act_as(Actor(f"staff:{staff.pk}", staff.name, frozenset(Role)))


def stored(ticket):
    return type(ticket).objects.get(pk=ticket.pk)


def complaint(now, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", **facts).save(now=now)


def told() -> dict[str, list]:
    return {notice.occasion: notice.to for notice in Notification.objects}


@pytest.mark.clause("R36", "R49")
def test_who_takes_a_ticket_on_has_it_and_has_acknowledged_it(now):
    ann, ticket = person("ann"), complaint(now)

    with as_(ann):
        stored(ticket).claim(now)

    assert (stored(ticket).assignee, stored(ticket).acknowledged_at) == (ann.pk, now)
    assert told() == {}


def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told(now):
    ann, bob, ticket = person("ann"), person("bob"), complaint(now)

    def claim(staff: Staff) -> str:
        with as_(staff), suppress(ActionRefused):
            in_transaction(lambda: stored_within(ticket).claim(now))
            return "mine"
        return "refused"

    with ThreadPoolExecutor(2) as pool:
        said = dict(zip(("ann", "bob"), pool.map(claim, (ann, bob)), strict=True))

    assert Counter(said.values()) == {"mine": 1, "refused": 1}
    winner = ann if said["ann"] == "mine" else bob
    assert stored(ticket).assignee == winner.pk


def stored_within(ticket):
    """As the transaction under way sees it."""
    from jobs.job import read

    return read(type(ticket), {"_id": ticket.pk})[0]


def test_what_somebody_has_already_cannot_be_claimed_and_who_has_it_is_said(now):
    ann, bob = person("ann"), person("bob")
    ticket = complaint(now, assignee=ann)

    with as_(bob), pytest.raises(ActionRefused, match="ann already deals with"):
        stored(ticket).claim(now)


@pytest.mark.clause("R65")
def test_handing_over_leaves_a_note_and_tells_both(now):
    ann, bob, eve = person("ann"), person("bob"), person("eve", "supervisor")
    ticket = complaint(now, assignee=ann)

    with as_(eve):
        stored(ticket).hand_over(now, bob.pk, "Ann is needed elsewhere; the workshop has the lamp.")

    assert stored(ticket).assignee == bob.pk
    assert told() == {"assigned": [bob.pk], "handed-over": [ann.pk]}
    note = Note.objects.get()
    assert (note.text, note.by) == ("Ann is needed elsewhere; the workshop has the lamp.", "eve")


def test_who_hands_over_is_not_told_of_their_own_deed(now):
    ann, bob = person("ann"), person("bob")
    ticket = complaint(now, assignee=ann)

    with as_(ann):
        stored(ticket).hand_over(now, bob.pk, "You know the workshop.")

    assert told() == {"assigned": [bob.pk]}


@pytest.mark.parametrize(("role", "active"), [("auditor", True), ("staff", False)])
def test_nobody_gets_a_ticket_who_cannot_deal_with_it(now, role, active):
    ticket, zoe = complaint(now), person("zoe", role, active=active)

    with pytest.raises(ActionRefused, match="zoe does not deal with tickets"):
        stored(ticket).give(now, zoe.pk)

    assert stored(ticket).assignee is None


@pytest.mark.clause("R49")
def test_left_open_the_one_with_the_least_to_do_gets_it(now):
    ann, bob = person("ann"), person("bob")
    complaint(now, assignee=ann, priority="urgent")
    for _ in range(3):
        Feedback(words="The drawer sticks.", assignee=bob).save(now=now)
    ticket = complaint(now)

    assert loads([ann.pk, bob.pk]) == {ann.pk: 4, bob.pk: 3}
    stored(ticket).give(now)

    assert stored(ticket).assignee == bob.pk


def test_who_is_away_gets_nothing_by_load(now):
    ann, bob = person("ann"), person("bob")
    complaint(now, assignee=bob)
    Absence(staff=ann, starts_at=now, ends_at=now + timedelta(hours=1)).save()

    assert pick_assignee(complaint(now), now - timedelta(seconds=1)) == ann.pk
    assert pick_assignee(complaint(now), now) == bob.pk


def test_where_nobody_is_here_that_is_said(now):
    with pytest.raises(ActionRefused, match="Nobody of the staff is here"):
        pick_assignee(complaint(now), now)


@pytest.mark.clause("R65")
def test_a_deputy_stands_in_while_somebody_is_away(now):
    bob = person("bob")
    ann = person("ann", deputy=bob)
    Absence(staff=ann, starts_at=now, ends_at=now + timedelta(hours=1)).save()

    assert covered_colleagues(bob.pk, now) == [ann.pk]
    assert covered_colleagues(bob.pk, now + timedelta(hours=1)) == []
    assert covered_colleagues(ann.pk, now) == []


def test_the_next_promised_time_is_the_earliest_that_is_not_kept_yet(now):
    ticket = complaint(now, priority="urgent")
    assert ticket.next_due_at == ticket.acknowledgement_due_at

    with as_(person("ann")):
        stored(ticket).claim(now)
    assert stored(ticket).next_due_at == stored(ticket).first_response_due_at

    ticket = stored(ticket)
    ticket.responded_at = now
    ticket.record_progress_update(now)
    assert ticket.next_due_at == min(ticket.due_at, ticket.progress_due_at)


class TestWhoSuitsBest:
    """Left open, a ticket goes to who knows the person, then the matter, then the place, then has time."""

    @pytest.mark.clause("R66")
    def test_the_account_manager_of_who_complains_goes_before_all_others(self, now):
        person("bob", department="complaints")
        ann = person("ann")
        user = User(name="李雷", account_manager=ann).save(now=now)
        complaint(now, assignee=ann)

        ticket = complaint(now, user=user)
        ticket.give(now)

        assert stored(ticket).assignee == ann.pk

    def test_an_account_manager_who_is_away_is_passed_over(self, now):
        ann, bob = person("ann"), person("bob")
        user = User(name="李雷", account_manager=ann).save(now=now)
        Absence(staff=ann, starts_at=now, ends_at=now + timedelta(days=1)).save()

        assert pick_assignee(complaint(now, user=user), now) == bob.pk

    @pytest.mark.clause("R65")
    def test_complaints_have_a_department_of_their_own(self, now):
        person("bob", department="service", regions=["CN"])
        ann = person("ann", department="complaints")
        complaint(now, assignee=ann)

        assert pick_assignee(complaint(now, region="CN"), now) == ann.pk

    def test_feedback_is_no_departments(self, now):
        ann, bob = person("ann", department="complaints"), person("bob")
        complaint(now, assignee=ann)

        assert pick_assignee(Feedback(words="It sticks.").save(now=now), now) == bob.pk

    @pytest.mark.clause("R36")
    def test_who_looks_after_its_region_goes_before_who_does_not(self, now):
        person("bob", regions=["CN"])
        ann = person("ann", regions=["TW"])
        complaint(now, assignee=ann)

        assert pick_assignee(complaint(now, region="TW"), now) == ann.pk


class TestTeam:
    """Several colleagues on one ticket, who hear of each other."""

    @pytest.fixture
    def team(self):
        return {name: person(name) for name in ("ann", "bob", "eve")}

    @pytest.mark.clause("R65", "R51")
    def test_a_colleague_is_brought_in_with_a_word_and_told(self, now, team):
        ticket = complaint(now, assignee=team["ann"])

        with as_(team["ann"]):
            stored(ticket).bring_in(now, team["bob"].pk, "Please look at the glaze.")

        assert stored(ticket).team == [team["bob"].pk]
        assert Note.objects.get().text == "Please look at the glaze."
        assert told() == {"brought-in": [team["bob"].pk]}

    @pytest.mark.clause("R65")
    def test_a_note_reaches_all_others_who_work_on_it_and_not_its_author(self, now, team):
        ticket = complaint(now, assignee=team["ann"], team=[team["bob"].pk, team["eve"].pk])

        with as_(team["bob"]):
            stored(ticket).add_note(now, "The glaze is fine.")

        assert told() == {"noted": sorted([team["ann"].pk, team["eve"].pk])}

    def test_nobody_is_brought_in_twice(self, now, team):
        ticket = complaint(now, assignee=team["ann"], team=[team["bob"].pk])

        for who in ("ann", "bob"):
            with pytest.raises(ActionRefused, match="already"):
                stored(ticket).bring_in(now, team[who].pk, "Please look.")
        assert Note.objects.count() == 0

    def test_who_cannot_deal_with_tickets_is_not_brought_in(self, now, team):
        auditor = person("zoe", role="auditor")

        with pytest.raises(ActionRefused, match="does not deal"):
            complaint(now).bring_in(now, auditor.pk, "Please look.")

    def test_who_is_done_leaves(self, now, team):
        ticket = complaint(now, team=[team["bob"].pk, team["eve"].pk])

        with as_(team["bob"]):
            stored(ticket).leave(now)

        assert stored(ticket).team == [team["eve"].pk]
