"""Two people edit one record: the second sees both versions and chooses, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from pymongo.database import Database

from security.actor import Actor
from security.permissions import Role
from tests.admin.form_parser import Sheet
from tests.admin.sample_register import Leg, Parcel
from tests.plugins.client import PanelClient

pytestmark = pytest.mark.usefixtures("parcels")


@pytest.fixture(scope="session")
def _panel(_panel_with_parcels: Flask) -> Flask:
    return _panel_with_parcels


@pytest.fixture
def mine(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.STAFF)


@pytest.fixture
def theirs(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.SUPERVISOR, name="Wang Fang")


@pytest.fixture
def parcel(app: Flask, actor: Actor) -> Parcel:
    return Parcel(
        number="P-1", story="As it was", pieces=1, secret="李小明", legs=[Leg(place="Taipei")]
    ).save()


def url(parcel: Parcel) -> str:
    return f"/admin/parcels/edit/?id={parcel.pk}"


def opened(browser: PanelClient, parcel: Parcel) -> Sheet:
    return Sheet(browser.get(url(parcel)).text)


def send(browser: PanelClient, parcel: Parcel, sheet: Sheet, **changed: Any) -> Any:
    return browser.post(url(parcel), data=sheet.sent(**changed))


def again(parcel: Parcel) -> Parcel:
    return Parcel.objects(pk=parcel.pk).first()


def both(mine: PanelClient, theirs: PanelClient, parcel: Parcel, ours: dict, other: dict) -> Any:
    """I open the form, they save theirs, I save mine."""
    sheet = opened(mine, parcel)
    assert send(theirs, parcel, opened(theirs, parcel), **other).status_code == 302
    return send(mine, parcel, sheet, **ours)


def choice(page: str, name: str) -> str | None:
    """What is chosen for a field on the page."""
    return next((v for n, v in Sheet(page).pairs if n == f"choice-{name}"), None)


def test_the_second_sees_both_versions_by_whom_and_when(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel
) -> None:
    page = both(mine, theirs, parcel, {"story": "As I would have it"}, {"story": "As they have it"})

    assert page.status_code == 409
    for words in ("As I would have it", "As they have it", "Wang Fang", "both changed"):
        assert words in page.text
    assert again(parcel).story == "As they have it"


def test_what_both_changed_waits_for_a_choice_and_the_rest_is_chosen(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel
) -> None:
    page = both(mine, theirs, parcel, {"story": "mine", "pieces": "5"}, {"story": "theirs", "number": "P-9"})

    assert choice(page.text, "story") is None
    assert choice(page.text, "pieces") == "mine"
    assert choice(page.text, "number") == "theirs"


@pytest.mark.parametrize(("chosen", "story"), [("mine", "mine"), ("theirs", "theirs")])
def test_the_choice_is_stored_and_nothing_of_either_is_lost(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel, chosen: str, story: str
) -> None:
    page = both(mine, theirs, parcel, {"story": "mine", "pieces": "5"}, {"story": "theirs", "number": "P-9"})

    answer = send(mine, parcel, Sheet(page.text), **{"choice-story": chosen})

    assert answer.status_code == 302, answer.text
    stored = again(parcel)
    assert (stored.story, stored.pieces, stored.number) == (story, 5, "P-9")


def test_a_third_save_meanwhile_asks_again_and_keeps_the_choices(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel
) -> None:
    page = both(mine, theirs, parcel, {"story": "mine", "pieces": "5"}, {"story": "theirs", "pieces": "6"})
    send(theirs, parcel, opened(theirs, parcel), pieces="7")

    again_asked = send(mine, parcel, Sheet(page.text), **{"choice-story": "mine", "choice-pieces": "mine"})

    assert again_asked.status_code == 409
    assert choice(again_asked.text, "story") == "mine"
    assert choice(again_asked.text, "pieces") is None  # what was chosen against has changed since
    answer = send(mine, parcel, Sheet(again_asked.text), **{"choice-pieces": "theirs"})
    assert answer.status_code == 302
    assert (again(parcel).story, again(parcel).pieces) == ("mine", 7)


def test_a_save_meanwhile_that_wants_the_same_is_no_conflict(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel
) -> None:
    assert both(mine, theirs, parcel, {"story": "same"}, {"story": "same"}).status_code == 302


def test_a_change_of_mine_to_a_part_meets_theirs_to_the_list(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel, database: Database
) -> None:
    database["parcels"].update_one({"_id": parcel.pk}, {"$set": {"legs.0.ink": "red"}})
    page = both(
        mine,
        theirs,
        parcel,
        {"legs-1-place": "Tainan"},
        {"legs-5-place": "Beijing"},
    )
    assert page.status_code == 409
    assert "Tainan" in page.text
    assert "Beijing" in page.text

    send(mine, parcel, Sheet(page.text), **{"choice-legs": "mine"})

    assert [leg["place"] for leg in database["parcels"].find_one()["legs"]] == ["Taipei", "Tainan"]
    assert database["parcels"].find_one()["legs"][0]["ink"] == "red"


def test_a_stored_secret_is_not_shown_by_a_conflict(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel
) -> None:
    page = both(mine, theirs, parcel, {"secret": "王五"}, {"secret": "趙六一"})

    assert page.status_code == 409
    assert "趙六一" not in page.text
    assert "趙••" in page.text
    send(mine, parcel, Sheet(page.text), **{"choice-secret": "mine"})
    assert again(parcel).secret == "王五"


def test_a_record_deleted_meanwhile_stays_deleted_and_shows_what_was_typed(
    mine: PanelClient, parcel: Parcel
) -> None:
    sheet = opened(mine, parcel)
    again(parcel).delete()

    answer = send(mine, parcel, sheet, story="Two hours of writing", **{"legs-3-place": "Tainan"})

    assert answer.status_code == 410
    assert "Deleted meanwhile" in answer.text
    assert "Two hours of writing" in answer.text
    assert "Tainan" in answer.text
    assert Parcel.objects.count() == 0


def test_a_save_between_our_reading_and_writing_is_seen_as_well(
    mine: PanelClient, theirs: PanelClient, parcel: Parcel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = opened(mine, parcel)
    save = Parcel.save

    def beaten(record: Parcel, **options: Any) -> Parcel:
        monkeypatch.setattr(Parcel, "save", save)
        other = again(record)
        other.story = "theirs"
        other.save()
        return save(record, **options)

    monkeypatch.setattr(Parcel, "save", beaten)
    page = send(mine, parcel, sheet, story="mine")

    assert page.status_code == 409
    assert again(parcel).story == "theirs"
    send(mine, parcel, Sheet(page.text), **{"choice-story": "mine"})
    assert again(parcel).story == "mine"
