"""The queues: what is mine, what is nobody's, what the team has, the next promised time on top."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from admin.home import queue
from documents.staff.absence import Absence
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from security.permissions import Role

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def complaint(due: timedelta, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", due_at=now() + due, source="elsewhere", **facts).save(
        now=now() - HOUR
    )


def feedback(due: timedelta, **facts) -> Feedback:
    return Feedback(words="The drawer sticks.", due_at=now() + due, source="elsewhere", **facts).save(
        now=now() - HOUR
    )


def numbers(text: str) -> list[str]:
    return re.findall(r"[CF]-20\d\d-\d{6}(?=</a>)", text)


@pytest.mark.clause("R36", "R49")
def test_my_queue_holds_what_is_mine_of_every_register_by_the_next_promised_time(signed_in, actor):
    ann = signed_in(Role.STAFF)
    later, sooner = complaint(9 * HOUR, assignee=ann.staff), feedback(5 * HOUR, assignee=ann.staff)
    late = complaint(-72 * HOUR, assignee=ann.staff)
    complaint(HOUR)

    page = ann.get("/admin/queue/").text

    assert numbers(page) == [late.number, sooner.number, later.number]
    assert "3 d overdue" in page
    assert "4 h left" in page


def test_what_is_closed_is_in_no_queue(signed_in, actor):
    ann = signed_in(Role.STAFF)
    complaint(HOUR, assignee=ann.staff, closed_at=now())

    assert numbers(ann.get("/admin/queue/?which=team").text) == []


def test_what_is_nobodys_can_be_taken_on_there(signed_in, actor):
    ann = signed_in(Role.STAFF)
    ticket = complaint(HOUR)
    complaint(HOUR, assignee=signed_in(Role.STAFF).staff)

    assert numbers(ann.get("/admin/queue/?which=nobody").text) == [ticket.number]
    ann.send(f"/admin/complaints/do/claim/?id={ticket.pk}")

    assert Complaint.objects.get(pk=ticket.pk).assignee == ann.staff.pk
    assert numbers(ann.get("/admin/queue/?which=nobody").text) == []


def test_who_comes_second_is_told_who_has_it(signed_in, actor):
    ann, bob = signed_in(Role.STAFF, name="Ann"), signed_in(Role.STAFF, name="Bob")
    ticket = complaint(HOUR)
    ann.send(f"/admin/complaints/do/claim/?id={ticket.pk}")

    answer = bob.send(f"/admin/complaints/do/claim/?id={ticket.pk}", follow_redirects=True)

    assert f"Ann already deals with {ticket.number}." in answer.text


def test_a_deputy_sees_what_is_of_those_who_are_away(signed_in, actor):
    bob = signed_in(Role.STAFF)
    ann = signed_in(Role.STAFF, deputy=bob.staff)
    ticket = complaint(HOUR, assignee=ann.staff)
    assert numbers(bob.get("/admin/queue/").text) == []

    Absence(staff=ann.staff, starts_at=now() - HOUR, ends_at=now() + HOUR).save()

    page = bob.get("/admin/queue/").text
    assert numbers(page) == [ticket.number]
    assert "colleagues who are away" in page


def test_a_queue_is_read_page_by_page_and_names_each_ticket_once(signed_in, actor, monkeypatch):
    monkeypatch.setattr(queue, "SIZE", 2)
    ann = signed_in(Role.STAFF)
    wanted = [complaint(n * HOUR).number if n % 2 else feedback(n * HOUR).number for n in range(1, 5)]
    paused = complaint(HOUR)
    Complaint.objects.get(pk=paused.pk)
    Complaint._get_collection().update_one({"_id": paused.pk}, {"$set": {"next_due_at": None}})

    url, seen = "/admin/queue/?which=team", []
    while url:
        page = ann.get(url).text
        seen += numbers(page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        url = found[1].replace("&amp;", "&") if found else None

    assert seen == [*wanted, paused.number]


@pytest.mark.parametrize("wrong", ["which=everything", "after=nonsense"])
def test_a_queue_that_is_none_is_refused(signed_in, wrong):
    assert signed_in(Role.STAFF).get(f"/admin/queue/?{wrong}").status_code == 400


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"due": -72 * HOUR}, '<span class="pill overdue">3 d overdue</span>'),
        ({"due": 9.5 * HOUR}, '<span class="pill">9 h left</span>'),
        ({"due": 9.5 * HOUR, "closed_at": now()}, None),
    ],
)
def test_a_tickets_own_page_says_beside_its_number_how_much_time_is_left(signed_in, actor, facts, words):
    ticket = complaint(**facts)

    text = signed_in(Role.STAFF).get(f"/admin/complaints/details/?id={ticket.pk}").text

    heading = text.split("<h1>")[1].split("</h1>")[0]
    assert (words in heading) if words else (" left<" not in heading and "overdue" not in heading)
