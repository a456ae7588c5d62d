"""A record's page: its facts in words, its history, and personal values for a reason only."""

from collections.abc import Callable

import pytest
from bson import ObjectId
from flask import Flask

from documents.people.user import User
from records.storage.audit import AuditAction, AuditEntry
from security.actor import Actor
from security.permissions import Role
from tests.admin.sample_register import Leg, Parcel, Size
from tests.factories import ComplaintFactory, UserFactory
from tests.plugins.client import PanelClient

pytestmark = pytest.mark.usefixtures("parcels")


@pytest.fixture(scope="session")
def _panel(_panel_with_parcels: Flask) -> Flask:
    return _panel_with_parcels


@pytest.fixture
def clerk(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.STAFF)


@pytest.fixture
def user(app: Flask, actor: Actor) -> User:
    return UserFactory(name="李小明", email="li@example.com", phone="+86 138 0000 1234")


def page(clerk: PanelClient, record: object) -> str:
    url = f"/admin/{record.collection_name()}/details/?id={record.pk}"  # type: ignore[attr-defined]
    return clerk.get(url).text


def reveal(clerk: PanelClient, user: User, **sent: object) -> str:
    return clerk.send(f"/admin/users/reveal/?id={user.pk}", sent, follow_redirects=True).text


def test_what_a_record_holds_is_said_in_words(clerk: PanelClient, actor: Actor) -> None:
    parcel = Parcel(
        number="P-1",
        facts={"height": 3},
        size=Size(width=3, unit="cm"),
        legs=[Leg(place="Taipei")],
        hands=[clerk.staff.pk, ObjectId()],
    ).save()

    text = page(clerk, parcel)

    for words in ("height: 3", "Width: 3", "Unit: cm", "Taipei", clerk.staff.name, "(erased)"):
        assert words in text
    assert "{&#39;" not in text


@pytest.mark.clause("R8")
def test_personal_values_are_masked(clerk: PanelClient, user: User) -> None:
    text = page(clerk, user)

    assert "李小明" not in text
    assert "li@example.com" not in text
    for masked in ("李••", "l•••@example.com", "••• 1234"):
        assert masked in text


@pytest.mark.clause("R8")
def test_for_a_reason_they_are_shown_once_and_it_is_kept(clerk: PanelClient, user: User) -> None:
    shown = reveal(clerk, user, fields="phone", reason="to call back")

    assert "+86 138 0000 1234" in shown
    assert "李小明" not in shown
    entry = AuditEntry.objects(record=user.pk, deed=AuditAction.REVEAL).get()
    assert entry.reason == "to call back (phone)"
    assert entry.actor == f"staff:{clerk.staff.pk}"
    assert "+86 138 0000 1234" not in page(clerk, user)


@pytest.mark.parametrize(
    "sent", [{"fields": "phone", "reason": "  "}, {"reason": "why"}, {"fields": "x", "reason": "y"}]
)
def test_without_reason_or_choice_nothing_is_shown(clerk: PanelClient, user: User, sent: dict) -> None:
    assert "138 0000 1234" not in reveal(clerk, user, **sent)
    assert AuditEntry.objects(deed=AuditAction.REVEAL).count() == 0


def test_a_reference_to_somebody_erased_says_so(clerk: PanelClient, user: User) -> None:
    complaint = ComplaintFactory(user=ObjectId())

    assert "(erased)" in page(clerk, complaint)
    assert clerk.get(f"/admin/complaints/edit/?id={complaint.pk}").status_code == 200


def test_the_history_says_who_changed_what_from_what_to_what(
    signed_in: Callable[..., PanelClient], user: User
) -> None:
    user.relation = "prospect"
    user.name = "王五"
    user.save(reason="they moved")

    history = page(signed_in(Role.SUPERVISOR), user).split('id="history"')[1]

    for words in ("Lin Mei", "Consumer", "Prospect", "they moved", "127.0.0.1", "changed, not shown"):
        assert words in history
    assert "王五" not in history


def test_who_may_not_see_the_history_does_not(clerk: PanelClient, user: User) -> None:
    assert 'id="history"' not in page(clerk, user)
    assert clerk.get(f"/admin/users/history/?id={user.pk}").status_code == 403


@pytest.mark.parametrize("wrong", ["", "x", "6" * 24, "6" * 25])
def test_what_is_not_there_is_not_found(clerk: PanelClient, wrong: str) -> None:
    assert clerk.get(f"/admin/users/details/?id={wrong}").status_code == 404
