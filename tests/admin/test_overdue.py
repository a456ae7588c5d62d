"""What is late, for those who oversee: whose, how old, why, what next; and to whom it goes."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from admin.home import overdue_badge as late_count
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.work.notification import Notification
from security.permissions import Role

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def late(by: timedelta, **facts) -> Complaint:
    return Complaint(content="The lamp hums.", due_at=now() - by, source="elsewhere", **facts).save(
        now=now() - 10 * DAY
    )


def numbers(text: str) -> list[str]:
    return re.findall(r"[CF]-20\d\d-\d{6}(?=</a>)", text)


@pytest.mark.clause("R51")
def test_a_supervisor_sees_what_is_late_the_longest_first_with_owner_age_and_why(signed_in, actor):
    ann, eve = signed_in(Role.STAFF, name="Ann"), signed_in(Role.SUPERVISOR)
    short, long = late(3 * DAY, assignee=ann.staff), late(5 * DAY)
    late(-DAY)
    ticket = Complaint.objects.get(pk=long.pk)
    ticket.overdue_at = now()
    ticket.save()
    Complaint.objects.get(pk=long.pk).explain_delay(
        now(), "The part is on its way.", "It is fitted on Friday."
    )

    page = eve.get("/admin/overdue/").text

    assert numbers(page) == [long.number, short.number]
    for words in ("5 d overdue", "3 d overdue", "10 d", "Ann", "Nobody"):
        assert words in page
    assert "The part is on its way." in page
    assert "It is fitted on Friday." in page
    assert page.count(">no reason yet<") == 1


def test_it_is_counted_by_owner_and_kind(signed_in, actor):
    ann, eve = signed_in(Role.STAFF, name="Ann"), signed_in(Role.SUPERVISOR)
    late(DAY, assignee=ann.staff, kind="price")
    late(DAY, assignee=ann.staff)
    Feedback(words="It sticks.", due_at=now() - DAY, source="elsewhere", kind="usage").save(
        now=now() - 2 * DAY
    )

    counts = re.findall(r"<span>([^<]+) <b>(\d+)</b>", eve.get("/admin/overdue/").text)

    assert ("Ann", "2") in counts
    assert ("Nobody", "1") in counts
    assert ("Complaint · Price and billing", "1") in counts
    assert ("Feedback · Usage problem", "1") in counts


def test_it_asks_no_more_than_three_queries_for_what_it_shows(signed_in, actor, commands):
    eve = signed_in(Role.SUPERVISOR)
    for _ in range(5):
        late(DAY, assignee=eve.staff)
    eve.get("/admin/overdue/")
    commands.forget()

    eve.get("/admin/overdue/")

    of_page = [one for one in commands.sent if one[1] in {"complaints", "feedback", "staff", "data_keys"}]
    signing_in = [one for one in commands.bodies if one.get("find") == "staff" and one.get("limit") == 1]
    assert len(of_page) - len(signing_in) <= 3


@pytest.mark.clause("R51", "R65")
def test_what_is_ticked_goes_to_another_all_together(signed_in, actor):
    ann, eve = signed_in(Role.STAFF), signed_in(Role.SUPERVISOR)
    first, second, other = late(DAY), late(2 * DAY), late(3 * DAY)
    ticked = [f"complaints:{first.pk}", f"complaints:{second.pk}"]

    eve.send("/admin/overdue/reassign/", {"ticket": ticked, "to": str(ann.staff.pk)})

    owners = {one.pk: one.assignee for one in Complaint.objects}
    assert owners == {first.pk: ann.staff.pk, second.pk: ann.staff.pk, other.pk: None}
    assert Notification.objects(occasion="assigned", to=ann.staff.pk).count() == 2


def test_where_one_cannot_be_given_none_is(signed_in, actor):
    auditor, eve = signed_in(Role.AUDITOR), signed_in(Role.SUPERVISOR)
    first, second = late(DAY), late(2 * DAY)
    ticked = [f"complaints:{first.pk}", f"complaints:{second.pk}"]

    answer = eve.send(
        "/admin/overdue/reassign/", {"ticket": ticked, "to": str(auditor.staff.pk)}, follow_redirects=True
    )

    assert "does not deal with tickets" in answer.text
    assert {one.assignee for one in Complaint.objects} == {None}


def test_without_a_name_each_goes_to_whoever_has_the_least_to_do(signed_in, actor):
    people = {signed_in(Role.STAFF).staff.pk for _ in range(2)}
    eve = signed_in(Role.SUPERVISOR)
    ticked = [f"complaints:{late(DAY).pk}" for _ in range(2)]

    eve.send("/admin/overdue/reassign/", {"ticket": ticked, "to": ""})

    assert {one.assignee for one in Complaint.objects} == people


@pytest.mark.parametrize(("role", "sees", "gives"), [(Role.AUDITOR, 200, 403), (Role.STAFF, 403, 403)])
def test_others_do_not_share_out_what_is_late(signed_in, actor, role, sees, gives):
    somebody = signed_in(role)

    assert somebody.get("/admin/overdue/").status_code == sees
    assert (
        somebody.send("/admin/overdue/reassign/", {"ticket": f"complaints:{ObjectId()}"}).status_code == gives
    )


@pytest.fixture
def counted_anew():
    late_count._count.clear()
    yield
    late_count._count.clear()


@pytest.mark.usefixtures("counted_anew")
@pytest.mark.clause("R51")
def test_their_number_leads_there_from_the_first_page_and_the_navigation(signed_in, actor):
    for days in (1, 2):
        late(days * DAY)
    late(-DAY)
    Feedback(words="It sticks.", due_at=now() - DAY, source="elsewhere").save(now=now() - 10 * DAY)

    text = signed_in(Role.SUPERVISOR).get("/admin/").text

    assert (
        '<a class="tile overdue" href="/admin/overdue/"><span>Overdue tickets</span><strong>3</strong>'
        in text
    )
    assert '<span>Overdue</span> <span class="tally">3</span>' in text


@pytest.mark.usefixtures("counted_anew")
def test_where_nothing_is_overdue_there_is_no_number(signed_in, actor):
    late(-DAY)

    text = signed_in(Role.SUPERVISOR).get("/admin/").text

    assert '"tally"' not in text
    assert "<span>Overdue tickets</span><strong>0</strong>" in text


def test_who_may_not_oversee_is_not_led_there(signed_in, actor):
    late(DAY)

    text = signed_in(Role.STAFF).get("/admin/").text

    assert "/admin/overdue/" not in text
    assert "Complaints: overdue" in text
