"""What staff are told in the panel goes out to them by mail as well; over a real SMTP server."""

import socket
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId

import runtime
from admin.http.message_catalogs import compile_stale
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work.notification import Notification, NotificationKind, mark_read, notification, send
from documents.work.notification_email import OLDEST, NotificationEmail
from language import translate
from mail.panel_links import PanelLinks
from mail.smtp import MailServer
from tests.jobs import smtp_server as mail_sink

SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


NOON, NIGHT, MORNING = at("2026-03-02 12:00"), at("2026-03-02 23:00"), at("2026-03-03 08:00")


@pytest.fixture(autouse=True)
def sink():
    with mail_sink.running() as sink:
        runtime.configure(mail_server=sink.server)
        runtime.configure(panel=PanelLinks("https://steward.example/"))
        yield sink
    runtime.configure(mail_server=None)
    runtime.configure(panel=PanelLinks())


@pytest.fixture
def staff():
    def staff(name: str = "ann", *roles: str, **facts) -> Staff:
        known = {"name": name, "email": f"{name}@steward.example", "roles": list(roles or ("staff",))}
        return Staff(**known, **facts).save()

    return staff


def tell(*to: Staff, now: datetime = NOON, label: str = "C-2026-000001", **more) -> ObjectId:
    record, people = ObjectId(), [one.pk for one in to]
    send(
        [
            notification(
                str(record), NotificationKind.OVERDUE, "complaints", record, label, now, people, **more
            )
        ]
    )
    return record


@pytest.fixture
def deliver(run, sink):
    """Run the job; the mails it sent, as (to, subject)."""

    def deliver(now: datetime) -> list[tuple[str, str]]:
        before = len(sink.taken)
        run("deliver-outbox", now)
        return sorted((mail["To"], mail["Subject"]) for mail in sink.taken[before:])

    return deliver


# -- What goes out -------------------------------------------------------------------------------------


@pytest.mark.clause("R51", "R56")
def test_a_warning_goes_out_to_everybody_it_is_for_and_once(staff, deliver):
    tell(staff("ann"), staff("bob"))

    said = "Complaint C-2026-000001 is overdue"
    assert deliver(NOON) == [("ann@steward.example", said), ("bob@steward.example", said)]
    assert deliver(NOON + MINUTE) == []


def test_the_mail_leads_to_the_ticket(staff, deliver, sink):
    record = tell(staff())
    deliver(NOON)

    text = sink.taken[0].get_content()
    assert f"https://steward.example/admin/complaints/details/?id={record}" in text
    assert "2026-03-02 12:00" in text


def test_without_an_address_of_the_panel_there_is_no_link(staff, deliver, sink):
    runtime.configure(panel=PanelLinks())
    tell(staff())
    deliver(NOON)

    assert "http" not in sink.taken[0].get_content()


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [("zh_Hans_CN", "12:00", "逾期"), ("zh_Hant_TW", "12:00", "逾期"), ("en", "04:00", "is overdue")],
)
def test_everybody_reads_their_own_language_on_their_own_clock(staff, deliver, sink, language, zone, said):
    compile_stale(translate.FOLDER)
    runtime.configure(panel=PanelLinks(zone="Europe/London"))
    tell(staff(language=language), now=at("2026-03-02 12:00"))
    deliver(NOON + 5 * HOUR)

    mail = sink.taken[0]
    assert said in mail["Subject"]
    assert f"2026-03-02 {zone}" in mail.get_content()
    assert mail["Content-Language"] == language.replace("_", "-")


@pytest.mark.clause("R56")
def test_of_the_person_behind_a_ticket_it_says_nothing(staff, deliver, sink, user, now, run):
    ann = staff()
    ticket = Complaint(content="李雷的灯坏了", user=user, assignee=ann, contact_phone="13912345678").save(
        now=now
    )
    run("escalate", now + timedelta(days=60))
    deliver(now + timedelta(days=60, hours=5))

    text = sink.taken[0]["Subject"] + sink.taken[0].get_content()
    assert ticket.number in text
    assert not [word for word in ("李雷", "灯", "lilei", "13912345678") if word in text]


def test_what_is_for_a_role_goes_to_all_who_have_it(staff, deliver):
    staff("ann"), staff("eve", "supervisor"), staff("sue", "supervisor", "admin")
    staff("gone", "supervisor", active=False)
    tell(to_role="supervisor")

    assert [to for to, _subject in deliver(NOON)] == ["eve@steward.example", "sue@steward.example"]


def test_what_would_go_out_can_be_asked_without_sending_it(staff, run, sink):
    tell(staff())

    told = run("deliver-outbox", NOON, dry_run=True)

    assert {row["collection"]: row["would_change"] for row in told["parts"]} == {"outbox": 1}
    assert (sink.taken, Notification.objects.get().mailed_at) == ([], None)


# -- What does not -------------------------------------------------------------------------------------


def test_who_wants_no_mails_gets_none_and_still_sees_the_notice(staff, deliver):
    ann = staff(mails=False)
    tell(ann)

    assert deliver(NOON) == []
    assert Notification.objects.get().to == [ann.pk]


def test_who_turned_mails_off_meanwhile_gets_none(staff, deliver):
    ann = staff()
    tell(ann, now=NIGHT)
    deliver(NIGHT)
    ann.mails = False
    ann.save()

    assert deliver(MORNING) == []
    assert NotificationEmail.objects.get().state == "not-needed"


def test_what_was_read_in_the_panel_is_not_sent(staff, deliver):
    ann = staff()
    tell(ann)
    mark_read(ann.pk, [Notification.objects.get().pk])

    assert deliver(NOON) == []


def test_what_is_read_before_the_mail_goes_out_is_left_out(staff, deliver):
    ann = staff()
    tell(ann, now=NIGHT, label="C-1")
    tell(ann, now=NIGHT, label="C-2")
    deliver(NIGHT)
    mark_read(ann.pk, [Notification.objects.get(label="C-1").pk])

    assert deliver(MORNING) == [("ann@steward.example", "Complaint C-2 is overdue")]


@pytest.mark.parametrize(("age", "sent"), [(OLDEST, 1), (OLDEST + MINUTE, 0)])
def test_what_was_told_a_week_ago_stands_in_the_panel_alone(staff, deliver, age, sent):
    tell(staff(), now=NOON - age)

    assert len(deliver(NOON)) == sent


# -- When ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("urgent", "at_night", "by_day"), [(False, 0, 1), (True, 1, 0)])
def test_nobody_gets_mail_in_the_quiet_hours_but_of_what_is_urgent(staff, deliver, urgent, at_night, by_day):
    tell(staff(), now=NIGHT, urgent=urgent)

    assert len(deliver(NIGHT)) == at_night
    assert deliver(MORNING - MINUTE) == []
    assert len(deliver(MORNING)) == by_day


def test_who_wants_one_mail_a_day_gets_it_in_the_morning(staff, deliver):
    ann = staff(daily_digest=True)
    tell(ann)
    tell(ann, now=NOON + HOUR)

    assert deliver(NOON + HOUR) == []
    assert deliver(at("2026-03-03 08:59")) == []
    assert deliver(at("2026-03-03 09:00")) == [("ann@steward.example", "2 things need your attention")]


def test_what_is_to_be_told_later_is_not_sent_before(staff, deliver):
    tell(staff(), not_before=NOON + HOUR)

    assert deliver(NOON + HOUR - MINUTE) == []
    assert len(deliver(NOON + HOUR)) == 1


# -- When it does not work -----------------------------------------------------------------------------


@pytest.mark.clause("R56")
def test_after_a_standstill_everybody_gets_one_mail(staff, deliver, run, sink):
    runtime.configure(mail_server=None)
    people = [staff("ann"), staff("bob")]
    for n in range(250):  # more than one batch
        tell(*people, label=f"C-{n}", now=NOON + n * MINUTE / 10)
    run("deliver-outbox", NOON + HOUR)
    assert Notification.objects(mailed_at=None).count() == 250

    runtime.configure(mail_server=sink.server)

    assert deliver(NOON + 2 * HOUR) == [
        (f"{name}@steward.example", "250 things need your attention") for name in ("ann", "bob")
    ]


def test_a_server_out_of_reach_is_tried_again_and_nothing_is_lost_or_sent_twice(staff, deliver, sink):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    runtime.configure(mail_server=MailServer("127.0.0.1", "care@steward.example", port, "none"))
    ann = staff()
    tell(ann, label="C-1")
    assert deliver(NOON) == []
    tell(ann, label="C-2")  # what comes now is no part of the mail that is being tried

    runtime.configure(mail_server=sink.server)

    assert [subject for _to, subject in deliver(NOON + MINUTE)] == [
        "Complaint C-1 is overdue",
        "Complaint C-2 is overdue",
    ]
    assert deliver(NOON + HOUR) == []


def test_an_address_the_server_refuses_is_noted_and_not_tried_again(staff, deliver, sink):
    sink.verdicts = ["550 5.1.1 no such user"]
    tell(staff())
    deliver(NOON)

    assert deliver(NOON + HOUR) == []
    assert (NotificationEmail.objects.get().state, NotificationEmail.objects.get().answer) == (
        "returned",
        "550 5.1.1 no such user",
    )
