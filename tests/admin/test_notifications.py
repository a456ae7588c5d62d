"""Notices: what I have been told, by name or as one of a role, and have read."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from bson import ObjectId
from pymongo.errors import ConnectionFailure

from admin.home import notification_badge
from documents.staff.staff import Staff
from documents.work.notification import (
    UNREAD_FOR,
    Notification,
    NotificationKind,
    digest_notification,
    notification,
    send,
)
from security.permissions import Role

HOUR = timedelta(hours=1)
UNTIL = re.compile(r'name="until" value="([^"]+)"')


def now() -> datetime:
    return datetime.now(UTC)


def tell(*to: ObjectId, label: str = "C-2026-000001", **more) -> None:
    send(
        [
            notification(
                str(ObjectId()), NotificationKind.OVERDUE, "complaints", ObjectId(), label, now(), to, **more
            )
        ]
    )


@pytest.mark.clause("R51")
def test_i_see_what_i_was_told_by_name_or_by_role_and_nothing_else(signed_in):
    eve, bob = signed_in(Role.SUPERVISOR), signed_in(Role.STAFF)
    tell(eve.staff.pk, label="C-1")
    tell(to_role="supervisor", label="C-2")
    tell(bob.staff.pk, label="C-3")

    page = eve.get("/admin/told/").text

    assert "C-2 is overdue" in page
    assert page.index("C-2 is overdue") < page.index("C-1 is overdue")
    assert "C-3" not in page


@pytest.mark.parametrize(("ripe", "seen"), [(-HOUR, True), (HOUR, False)])
def test_what_is_to_be_told_later_is_not_there_yet(signed_in, ripe, seen):
    bob = signed_in(Role.STAFF)
    tell(bob.staff.pk, label="C-9", not_before=now() + ripe)

    assert ("C-9" in bob.get("/admin/told/").text) is seen


def test_a_digest_names_each_ticket(signed_in):
    bob = signed_in(Role.STAFF)
    for label in ("C-1", "C-2"):
        item = notification("x", NotificationKind.DUE_SOON, "complaints", ObjectId(), label, now(), ())
        send([digest_notification("daily:bob", bob.staff.pk, item, now(), now())])

    page = bob.get("/admin/told/").text

    assert "C-1 is due soon" in page
    assert "C-2 is due soon" in page


def test_what_i_mark_as_read_is_no_longer_new_to_me_and_still_to_others(signed_in):
    eve, sue = signed_in(Role.SUPERVISOR), signed_in(Role.SUPERVISOR)
    tell(to_role="supervisor")
    one = Notification.objects.get()

    eve.send("/admin/told/read/", {"notice": str(one.pk)})

    assert ">new<" not in eve.get("/admin/told/").text
    assert ">new<" in sue.get("/admin/told/").text


def test_nobody_reads_for_somebody_else(signed_in):
    bob, zoe = signed_in(Role.STAFF), signed_in(Role.STAFF)
    tell(bob.staff.pk)

    zoe.send("/admin/told/read/", {"notice": str(Notification.objects.get().pk)})
    assert zoe.get(f"/admin/told/look/?id={Notification.objects.get().pk}").status_code == 404

    assert Notification.objects.get().read_by == []


def test_what_came_since_the_page_was_made_stays_new(signed_in):
    bob = signed_in(Role.STAFF)
    tell(bob.staff.pk, label="C-1")
    until = UNTIL.search(bob.get("/admin/told/").text)[1]
    tell(bob.staff.pk, label="C-2")

    bob.send("/admin/told/read/", {"until": unescape(until)})

    assert {one.label: bool(one.read_by) for one in Notification.objects} == {"C-1": True, "C-2": False}


@pytest.mark.parametrize("until", ["", "yesterday", "2030-01-01"])
def test_a_moment_that_is_none_is_refused(signed_in, until):
    assert signed_in(Role.STAFF).send("/admin/told/read/", {"until": until}).status_code == 400


def test_who_goes_where_a_notice_leads_has_read_it(signed_in):
    bob = signed_in(Role.STAFF)
    record = ObjectId()
    send([notification("one", NotificationKind.OVERDUE, "complaints", record, "C-1", now(), [bob.staff.pk])])

    answer = bob.get(f"/admin/told/look/?id={Notification.objects.get().pk}")

    assert answer.location == f"/admin/complaints/details/?id={record}"
    assert Notification.objects.get().read_by == [bob.staff.pk]


class TestCount:
    """In the top line of every page, of what is new to me."""

    @pytest.mark.clause("R51")
    def test_every_page_says_how_many_notices_are_new_to_me(self, signed_in):
        eve = signed_in(Role.SUPERVISOR)
        tell(eve.staff.pk)
        tell(to_role="supervisor")
        tell(ObjectId())
        tell(eve.staff.pk, not_before=now() + HOUR)

        assert "2 new notices" in eve.get("/admin/").text

        eve.send("/admin/told/read/", {"until": now().isoformat()})
        assert "new notice" not in eve.get("/admin/").text

    @pytest.mark.parametrize(("count", "shown"), [(99, ">99<"), (100, ">99+<")])
    def test_beyond_ninety_nine_nobody_counts(self, signed_in, count, shown):
        bob = signed_in(Role.STAFF)
        rows = [
            notification(
                f"{n}", NotificationKind.OVERDUE, "complaints", ObjectId(), "C", now(), [bob.staff.pk]
            )
            for n in range(count)
        ]
        send(rows)

        assert shown in bob.get("/admin/complaints/").text

    @pytest.mark.parametrize(("age", "new"), [(UNREAD_FOR - HOUR, True), (UNREAD_FOR + HOUR, False)])
    def test_what_nobody_read_for_a_month_is_not_counted(self, signed_in, age, new):
        bob = signed_in(Role.STAFF)
        send(
            [
                notification(
                    "x", NotificationKind.OVERDUE, "complaints", ObjectId(), "C", now() - age, [bob.staff.pk]
                )
            ]
        )

        assert ("1 new notice" in bob.get("/admin/").text) is new

    def test_it_takes_one_command_and_that_not_for_every_page(self, signed_in, commands):
        bob = signed_in(Role.STAFF)
        notification_badge._counts.clear()
        commands.forget()

        for _time in range(3):
            bob.get("/admin/told/")

        assert [name for name in commands.sent if name == ("aggregate", "outbox")] == [
            ("aggregate", "outbox")
        ]

    def test_a_page_without_a_database_needs_no_count(self, signed_in, monkeypatch):
        bob = signed_in(Role.STAFF)
        notification_badge._counts.clear()

        def fail(*_args):
            raise ConnectionFailure("no answer")

        monkeypatch.setattr("documents.work.notification.unread_count", fail)

        assert bob.get("/admin/told/").status_code == 200


@pytest.mark.parametrize(
    ("way", "mails", "daily"), [("at-once", True, False), ("daily", True, True), ("never", False, False)]
)
def test_everybody_chooses_how_they_are_told_by_mail(signed_in, way, mails, daily):
    bob, zoe = signed_in(Role.STAFF), signed_in(Role.STAFF)

    bob.send("/admin/told/mail/", {"way": way})

    stored = Staff.objects.get(pk=bob.staff.pk)
    assert (stored.mails, stored.daily_digest) == (mails, daily)
    assert (Staff.objects.get(pk=zoe.staff.pk).mails, zoe.staff.daily_digest) == (True, False)


def test_a_way_there_is_not_is_refused(signed_in):
    assert signed_in(Role.STAFF).send("/admin/told/mail/", {"way": "pigeon"}).status_code == 400
