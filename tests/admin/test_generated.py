"""A document that is declared has its pages, without another line: list, form, details, history,
export, audit, and the question what is overdue."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from mongoengine import StringField
from pymongo.database import Database

from documents.deadlines.deadline_record import HasDeadlines
from records.declaration import registry
from records.declaration.fields import EncryptedStringField, ReferenceIdField
from records.declaration.policy import Deadlines, Fate, Keep, Mask, Personal, Policy, Promise
from records.storage.indexes import ensure_indexes
from security.actor import Actor
from security.permissions import TICKETS, Role
from tests.admin.form_parser import Sheet
from tests.factories import UserFactory
from tests.plugins.client import PanelClient, panel_app

HOUR = timedelta(hours=1)


class Repair(HasDeadlines):
    """A thing of ours that somebody wants mended."""

    policy = Policy(
        title="Repairs",
        singular="Repair",
        group="Tickets",
        access=TICKETS,
        subject="owner",
        on_erasure=Fate.ANONYMISE,
        deadlines=Deadlines({}, Promise(HOUR, 8 * HOUR), by=("what",)),
        keep=Keep(after="closed_at", years=1, fate=Fate.ERASE, basis="a rule of the tests"),
        label="what",
        columns=("what", "owner", "due_at"),
        filters=("what", "due_at", "created_at"),
        search=("what",),
    )
    what = StringField(required=True, max_length=80)
    owner = ReferenceIdField("users")
    street = EncryptedStringField(personal=Personal("user.contact.address", mask=Mask.WHOLE))

    meta = {
        "collection": "repairs",
        "indexes": [
            {"fields": ["due_at", "_id"], "name": "by_due"},
        ],
    }


@pytest.fixture(scope="module")
def _panel(_indexed_database: Database) -> Iterator[Flask]:
    registry.register(Repair)
    ensure_indexes()
    yield panel_app()
    registry.unregister(Repair)


@pytest.fixture
def chief(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.SUPERVISOR, Role.COMPLIANCE)


@pytest.fixture
def repair(app: Flask, actor: Actor) -> Repair:
    return Repair(what="Chair leg", owner=UserFactory(), street="Hutong 7").save(
        now=datetime.now(UTC) - timedelta(days=30)
    )


def url(page: str, repair: Repair) -> str:
    return f"/admin/repairs/{page}/?id={repair.pk}"


def test_it_stands_in_the_navigation(chief: PanelClient) -> None:
    assert 'href="/admin/repairs/"' in chief.get("/admin/").text


def test_it_has_a_list_with_its_columns_in_words(chief: PanelClient, repair: Repair) -> None:
    page = chief.get("/admin/repairs/")

    assert page.status_code == 200
    assert "Chair leg" in page.text
    assert "Hutong" not in page.text


def test_it_is_found_by_its_words(chief: PanelClient, repair: Repair) -> None:
    assert "Chair leg" in chief.get("/admin/repairs/?search=chair").text
    assert "Chair leg" not in chief.get("/admin/repairs/?search=table").text


def test_it_is_made_in_a_form(chief: PanelClient) -> None:
    new = "/admin/repairs/new/"

    answer = chief.post(new, data=Sheet(chief.get(new).text).sent(what="Drawer", street="Lane 3"))

    assert answer.status_code == 302
    stored = Repair.objects.first()
    assert (stored.what, stored.street) == ("Drawer", "Lane 3")
    assert stored.due_at - stored.created_at == 8 * HOUR


def test_it_is_changed_in_a_form_and_leaves_an_entry(chief: PanelClient, repair: Repair) -> None:
    edit = url("edit", repair)

    chief.post(edit, data=Sheet(chief.get(edit).text).sent(what="Table leg"))

    assert Repair.objects.first().what == "Table leg"
    history = chief.get(url("details", repair)).text.split('id="history"')[1]
    assert "Chair leg" in history
    assert "Table leg" in history
    assert chief.staff.name in history


def test_its_personal_values_are_masked_until_a_reason_is_given(chief: PanelClient, repair: Repair) -> None:
    assert "Hutong 7" not in chief.get(url("details", repair)).text

    shown = chief.send(url("reveal", repair), {"fields": "street", "reason": "to go there"})

    assert "Hutong 7" in shown.text
    assert "to go there" in chief.get(url("details", repair)).text


def test_its_overdue_ones_are_found(chief: PanelClient, repair: Repair) -> None:
    Repair(what="New one").save()

    page = chief.get("/admin/repairs/?overdue=1").text

    assert "Chair leg" in page
    assert "New one" not in page


def test_it_is_exported(chief: PanelClient, repair: Repair) -> None:
    answer = chief.send("/admin/repairs/export/", {"form": "csv", "columns": ["what", "due_at"]})

    assert answer.status_code == 200
    assert "Chair leg" in answer.text
    assert "Hutong" not in answer.text


def test_it_belongs_to_its_person(chief: PanelClient, repair: Repair) -> None:
    assert "Chair leg" in chief.get(f"/admin/users/details/?id={repair.owner}").text


def test_it_is_deleted_for_a_reason(chief: PanelClient, repair: Repair, database: Database) -> None:
    asked = chief.send(url("delete", repair), {})
    assert asked.status_code == 200
    assert Repair.objects.count() == 1

    chief.send(url("delete", repair), {"confirmed": "1", "reason": "came twice"})

    assert Repair.objects.count() == 0
    assert "came twice" in str(list(database["audit"].find({"record": repair.pk})))
