"""Notices: what I have been told, by name or as one of a role, and have read."""

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId

from documents.notice import Notice, Occasion, digest, notice, post
from security.permissions import Role

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def tell(*to: ObjectId, label: str = "C-2026-000001", **more) -> None:
    post([notice(str(ObjectId()), Occasion.OVERDUE, "complaints", ObjectId(), label, now(), to, **more)])


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
        item = notice("x", Occasion.DUE_SOON, "complaints", ObjectId(), label, now(), ())
        post([digest("daily:bob", bob.staff.pk, item, now(), now())])

    page = bob.get("/admin/told/").text

    assert "C-1 is due soon" in page
    assert "C-2 is due soon" in page


def test_what_i_mark_as_read_is_no_longer_new_to_me_and_still_to_others(signed_in):
    eve, sue = signed_in(Role.SUPERVISOR), signed_in(Role.SUPERVISOR)
    tell(to_role="supervisor")
    one = Notice.objects.get()

    eve.send("/admin/told/read/", {"notice": str(one.pk)})

    assert ">new<" not in eve.get("/admin/told/").text
    assert ">new<" in sue.get("/admin/told/").text
    assert Notice.objects.get().sent_at


def test_nobody_reads_for_somebody_else(signed_in):
    bob, zoe = signed_in(Role.STAFF), signed_in(Role.STAFF)
    tell(bob.staff.pk)

    zoe.send("/admin/told/read/", {"notice": str(Notice.objects.get().pk)})

    assert (Notice.objects.get().read_by, Notice.objects.get().sent_at) == ([], None)
