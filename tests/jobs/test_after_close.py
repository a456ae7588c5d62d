"""After a ticket: visits are planned once, and the same trouble again is seen."""

from datetime import timedelta

import pytest

from documents.people.user import User
from documents.service.root_cause import RootCause
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.follow_up import AFTER, OLDEST, By, FollowUp, Visit
from documents.tickets.repeat_detection import WITHIN
from documents.tickets.states import State
from documents.tickets.ticket_choices import Grade
from documents.work.notification import Notification, NotificationKind
from records.declaration.actions import ActionRefused

DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


@pytest.fixture
def closed(user, now):
    """Store a complaint of the user that was closed so long ago."""

    def closed(ago=AFTER + JUST, **facts):
        facts = {"content": "It hums.", "user": user, "state": "closed", "closed_at": now - ago, **facts}
        return Complaint(**facts).save(now=now - ago)

    return closed


@pytest.mark.clause("R54")
@pytest.mark.parametrize(
    ("ago", "planned"), [(AFTER + JUST, 1), (AFTER, 0), (OLDEST, 1), (OLDEST + JUST, 0)], ids=str
)
def test_a_visit_is_planned_some_days_after_closing(closed, run, now, ago, planned):
    ticket = closed(ago)

    run("plan-follow-ups")

    assert FollowUp.objects(ticket=ticket.pk).count() == planned
    assert bool(Complaint.objects.get(pk=ticket.pk).follow_up_at) == bool(planned)


@pytest.mark.clause("R54")
def test_however_often_the_job_runs_there_is_one_visit_a_closing(closed, run, now):
    ticket = closed()

    assert run("plan-follow-ups")["changed"] == 1
    assert run("plan-follow-ups", now + DAY)["changed"] == 0

    visit = FollowUp.objects.get()
    assert (visit.ticket, visit.number, visit.state) == (ticket.pk, ticket.number, Visit.PLANNED)


@pytest.mark.parametrize(
    "facts", [{"user": None}, {"source": "elsewhere"}, {"state": "dropped"}, {"state": "merged"}], ids=str
)
def test_nobody_is_visited_whom_we_do_not_know_or_did_not_answer(closed, run, facts):
    closed(**facts)

    assert run("plan-follow-ups")["changed"] == 0


@pytest.fixture
def visit(closed, run):
    closed()
    run("plan-follow-ups")
    return FollowUp.objects.get()


@pytest.mark.clause("R54", "R72")
def test_a_visit_keeps_what_the_person_said(visit, now):
    visit.record(now, By.PHONE, Grade.SATISFIED, back_again=False, said="All quiet.")

    stored = FollowUp.objects.get()
    assert (stored.state, stored.satisfaction, stored.back_again) == (Visit.DONE, Grade.SATISFIED, False)
    assert (stored.said, stored.done_at) == ("All quiet.", now)
    assert Complaint.objects.get().state == State.CLOSED


@pytest.mark.clause("R52", "R55", "R67")
@pytest.mark.parametrize(("grade", "back"), [(Grade.DISSATISFIED, False), (Grade.SATISFIED, True)])
def test_trouble_that_is_still_there_opens_the_ticket_again(visit, run, now, grade, back):
    visit.record(now, By.PHONE, grade, back_again=back, said="It hums again.")

    ticket = Complaint.objects.get()
    assert (ticket.state, ticket.closed_at) == (State.DISSATISFIED, None)
    assert ticket.moves[-1].note == "It hums again."

    ticket.reopen(now, "another lamp", cause=RootCause.DEFECT)
    ticket.answer(now, "sent", delay_reason="It came back.")
    ticket.close(now, "done", measures="A better lamp.")
    run("plan-follow-ups", now + AFTER + DAY)
    assert sorted(one.cycle for one in FollowUp.objects) == [1, 2]


def test_who_opens_a_ticket_again_says_what_the_person_said(visit, now):
    with pytest.raises(ActionRefused):
        visit.record(now, By.PHONE, Grade.DISSATISFIED, back_again=False, said="")

    assert (FollowUp.objects.get().state, Complaint.objects.get().state) == (Visit.PLANNED, State.CLOSED)


def complain(user, at, kind=Complaint, **facts):
    return kind(**{kind.original: "It hums.", "user": user, **facts}).save(now=at)


def links(ticket):
    return [link.ticket for link in type(ticket).objects.get(pk=ticket.pk).links]


@pytest.mark.clause("R55", "R67")
@pytest.mark.parametrize(("gap", "linked"), [(WITHIN, True), (WITHIN + JUST, False)], ids=["within", "after"])
def test_a_ticket_soon_after_another_was_closed_is_linked_both_ways(user, run, now, gap, linked):
    before = complain(user, now - gap - DAY, state="closed", closed_at=now - gap)
    again = complain(user, now)

    run("watch-recurrence")
    run("watch-recurrence", now + DAY)

    assert links(again) == ([before.pk] if linked else [])
    assert links(before) == ([again.pk] if linked else [])


@pytest.mark.clause("R67")
def test_a_second_ticket_while_the_first_is_open_is_linked(user, run, now):
    first, second = complain(user, now - 100 * DAY), complain(user, now)

    run("watch-recurrence")

    assert (links(first), links(second)) == ([second.pk], [first.pk])


def test_another_kind_another_person_or_another_register_is_other_trouble(user, run, now):
    somebody = User(name="韩梅").save(now=now)
    complain(user, now - DAY, kind=Feedback)
    ours = complain(user, now)
    others = [Complaint(content="x", user=user, kind="price").save(now=now), complain(somebody, now)]

    run("watch-recurrence")

    assert [links(one) for one in (ours, *others)] == [[], [], []]


def test_three_together_all_know_of_each_other(user, run, now):
    three = [complain(user, now - n * DAY) for n in range(3)]

    run("watch-recurrence")

    for one in three:
        assert sorted(links(one)) == sorted(other.pk for other in three if other.pk != one.pk)


@pytest.mark.parametrize("state", ["merged", "dropped"])
def test_what_goes_on_elsewhere_or_was_nothing_of_ours_is_no_trouble_again(user, run, now, state):
    before = complain(user, now - DAY, state=state, closed_at=now - DAY)
    again = complain(user, now)

    run("watch-recurrence")

    assert (links(before), links(again)) == ([], [])


@pytest.mark.clause("R66")
@pytest.mark.parametrize(("kind", "told"), [(Complaint, 1), (Feedback, 0)])
def test_the_account_manager_hears_of_a_complaint_of_their_customer_once(run, now, kind, told):
    ann = Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save()
    ticket = complain(User(name="韩梅", account_manager=ann).save(now=now), now, kind)

    run("watch-recurrence")
    run("watch-recurrence", now + DAY)

    found = Notification.objects(occasion=NotificationKind.CUSTOMERS, to=ann.pk)
    assert [one.label for one in found] == [ticket.number] * told


def test_who_manages_the_account_and_has_the_complaint_already_need_not_be_told(run, now):
    ann = Staff(name="Ann", email="ann@steward.example", roles=["staff"]).save()
    complain(User(name="韩梅", account_manager=ann).save(now=now), now, assignee=ann)

    run("watch-recurrence")

    assert Notification.objects.count() == 0
