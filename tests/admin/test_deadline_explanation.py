"""A deadline explained on its page: for the reader in their language, for a program as JSON."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from documents.deadlines.calendar_override import CalendarDay
from documents.deadlines.deadline_rule import DeadlineRule
from documents.tickets.complaint import Complaint
from documents.tickets.states import State
from security.permissions import Role

SHANGHAI = ZoneInfo("Asia/Shanghai")
JSON = {"Accept": "application/json"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.fixture
def ticket(app, actor) -> Complaint:
    """Promised two hours on a Friday at 17:00, and waiting for the user from 17:30 to Monday, 10:00."""
    DeadlineRule(name="Two hours", register="complaints", resolution=2).save(now=at("2026-01-05 09:00"))
    made = Complaint(content="The lamp hums.", priority="urgent").save(now=at("2026-03-06 17:00"))
    made.move(State.INVESTIGATING, at("2026-03-06 17:00"))
    made.move(State.WAITING, at("2026-03-06 17:30"))
    made.move(State.INVESTIGATING, at("2026-03-09 10:00"))
    return made


@pytest.fixture
def reader(signed_in):
    return signed_in(Role.AUDITOR)


def address(ticket: Complaint) -> str:
    return f"/admin/complaints/explain/?id={ticket.pk}"


@pytest.mark.clause("R34", "R35")
def test_a_program_reads_every_span_and_the_rule(reader, ticket):
    [clock] = reader.get(address(ticket), headers=JSON).json["clocks"]

    assert (clock["clock"], clock["hours"], clock["rule"]["version"]) == ("resolution", 2, 1)
    assert [(span["state"], span["from"][5:16], span["reason"]) for span in clock["spans"]] == [
        ("running", "03-06T17:00", "Working hours"),
        ("paused", "03-06T17:30", "Waiting for the user"),
        ("closed", "03-06T18:00", "Outside working hours"),
        ("closed", "03-07T00:00", "Weekend"),
        ("closed", "03-09T00:00", "Outside working hours"),
        ("paused", "03-09T09:00", "Waiting for the user"),
        ("running", "03-09T10:00", "Working hours"),
    ]
    assert clock["due"] == "2026-03-09T11:30:00+08:00"
    assert datetime.fromisoformat(clock["due"]) == Complaint.objects.get(pk=ticket.pk).due_at


def test_a_person_reads_the_same_on_the_page(reader, ticket):
    page = reader.get(address(ticket)).text

    for words in (
        "Waiting for the user",
        "Weekend",
        "by the rule “Two hours” in its version 1",
        "2026-03-09 11:30",
    ):
        assert words in page


def test_the_record_leads_to_the_explanation(reader, ticket):
    assert (
        address(ticket).replace("&", "&amp;") in reader.get(f"/admin/complaints/details/?id={ticket.pk}").text
    )


def test_holidays_are_named_in_the_readers_language(reader, actor, app):
    made = Complaint(content="x").save(now=at("2026-09-30 17:00"))
    reader.send("/language", {"language": "zh_Hans_CN"})

    assert "国庆节" in reader.get(address(made)).text


def test_while_the_clock_stands_still_the_page_says_so(reader, ticket):
    ticket.move(State.OUTSIDE, at("2026-03-09 10:30"))

    page, [clock] = reader.get(address(ticket)).text, reader.get(address(ticket), headers=JSON).json["clocks"]

    assert "Not while the clock stands still" in page
    assert (clock["due"], clock["spans"][-1]["to"]) == (None, None)
    assert "Paused" in reader.get("/admin/complaints/").text


def test_years_not_published_yet_are_said(reader, app, actor):
    made = Complaint(content="x").save(now=at("2026-12-28 09:00"))

    assert "The make-up workdays of 2027 are not published yet" in reader.get(address(made)).text


def test_what_another_register_promised_is_not_explained(reader, app, actor):
    made = Complaint(content="x", source="old", due_at=at("2026-03-09 10:30")).save()

    assert "promised in another register" in reader.get(address(made)).text
    assert "explain/?id=" not in reader.get(f"/admin/complaints/details/?id={made.pk}").text


@pytest.mark.parametrize("path", ["users/explain/?id=5f0000000000000000000000", "complaints/explain/?id=zz"])
def test_there_is_nothing_to_explain_elsewhere(reader, path):
    assert reader.get(f"/admin/{path}").status_code == 404


# -- Rules and days in the panel -----------------------------------------------------------------------


def create(browser, collection: str, **facts):
    return browser.send(f"/admin/{collection}/new/", facts, follow_redirects=True)


@pytest.mark.clause("R34", "R60")
def test_an_administrator_rules_and_is_asked_about_open_tickets(signed_in):
    answer = create(
        signed_in(Role.ADMIN), "deadline_rules", name="Prices", register="complaints", kind="price",
        resolution="1.5", active="y",
    )  # fmt: skip

    assert "This holds for new tickets." in answer.text
    assert DeadlineRule.objects.get().resolution == 1.5


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_everybody_may_read_the_rules_and_only_an_administrator_makes_them(signed_in, role):
    browser = signed_in(role)

    assert browser.get("/admin/deadline_rules/in-force/").status_code == 200
    assert create(browser, "deadline_rules", name="Mine", register="complaints").status_code == 403
    assert create(browser, "calendar_days", calendar="CN", day="2026-03-05", reason="x").status_code == 403


def test_the_rules_lead_to_what_holds_now(signed_in):
    page = signed_in(Role.STAFF).get("/admin/deadline_rules/").text

    assert 'href="/admin/deadline_rules/in-force/"' in page


def test_what_holds_now_names_the_rule(signed_in, ticket):
    page = signed_in(Role.STAFF).get("/admin/deadline_rules/in-force/").text

    assert "Two hours" in page
    assert "Declared in the product" in page  # for feedback


def test_a_day_off_is_entered_and_withdrawn(signed_in):
    admin = signed_in(Role.ADMIN)
    create(admin, "calendar_days", calendar="TW", day="2026-07-10", reason="Typhoon")
    made = CalendarDay.objects.get()

    admin.send(
        f"/admin/calendar_days/do/withdraw/?id={made.pk}", {"confirmed": "1", "reason": "It turned away"}
    )

    assert CalendarDay.objects.get().withdrawn_at is not None


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("day", "10.7.2026", "“10.7.2026” is not understood. Write the day like 2026-07-10."),
        ("day", "2026-02-30", "There is no day 2026-02-30 in the calendar."),
        ("hours", "nine to six", "“nine to six” is not understood. Write the hours like 09:00–12:00"),
        ("hours", "09:00-25:00", "25:00 is no time of the day."),
        ("hours", "18:00-09:00", "18:00–09:00 ends before it begins."),
        ("hours", "09:00-13:00, 12:30-18:00", "12:30–18:00 begins before 09:00–13:00 has ended."),
    ],
)
def test_what_is_wrong_with_a_day_is_said_beside_its_field(signed_in, field, typed, words):
    facts = {"calendar": "TW", "day": "2026-07-10", "reason": "Typhoon", field: typed}

    answer = create(signed_in(Role.ADMIN), "calendar_days", **facts)

    assert (answer.status_code, CalendarDay.objects.count()) == (422, 0)
    said = answer.text.split(f'id="{field}-error"')[1].split("</p>")[0]
    assert words in said


def test_hours_up_to_the_end_of_the_day_are_fine(signed_in):
    create(
        signed_in(Role.ADMIN), "calendar_days", calendar="TW", day="2026-07-10", hours="09:00-12:00, 12:00-24:00",
        reason="Night of the fair",
    )  # fmt: skip

    assert CalendarDay.objects.get().hours == "09:00-12:00, 12:00-24:00"


def test_what_is_wrong_with_a_rule_is_said_beside_its_field(signed_in):
    admin = signed_in(Role.ADMIN)

    unknown = create(admin, "deadline_rules", name="x", register="feedback", kind="price", resolution="2")
    create(admin, "deadline_rules", name="x", register="feedback", kind="usage", resolution="2", active="y")
    twice = create(admin, "deadline_rules", name="y", register="feedback", kind="usage", resolution="3")

    assert "“Feedback” has no kind “Price and billing”." in unknown.text.split('id="kind-error"')[1]
    said = twice.text.split('id="register-error"')[1]
    assert "There is one already with the same values here: Register, Kind, Priority." in said
    assert DeadlineRule.objects.count() == 1


@pytest.mark.clause("R33")
@pytest.mark.parametrize(("channel", "decided"), [("hotline", True), ("email", False)])
def test_where_the_channel_promises_more_the_page_says_so(reader, app, actor, channel, decided):
    made = Complaint(content="x", channel=channel).save(now=at("2026-03-06 17:00"))

    page, answer = reader.get(address(made)).text, reader.get(address(made), headers=JSON).json

    assert ("The channel “Hotline” promises a first response sooner" in page) == decided
    channels = {clock["clock"]: clock["channel"] for clock in answer["clocks"]}
    assert channels["first_response"] == (channel if decided else None)
    assert channels["resolution"] is None
