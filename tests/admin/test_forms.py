"""Forms offer every kind of field, change what was touched, and leave the rest as it is."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask
from pymongo.database import Database

from documents.people.user import User
from documents.staff.staff import Staff
from security.actor import Actor
from security.permissions import Role
from tests.admin.form_parser import Sheet
from tests.admin.sample_register import Colour, Leg, Parcel, Size
from tests.factories import UserFactory
from tests.plugins.client import PanelClient
from tests.plugins.commands import Commands

NEW = "/admin/parcels/new/"
pytestmark = pytest.mark.usefixtures("parcels")


@pytest.fixture(scope="session")
def _panel(_panel_with_parcels: Flask) -> Flask:
    return _panel_with_parcels


@pytest.fixture
def clerk(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.STAFF)


@pytest.fixture
def full(app: Flask, actor: Actor, clerk: PanelClient) -> Parcel:
    """A parcel with every field filled, none of them in the plainest way."""
    return Parcel(
        number=" P-1 ",
        story="One\r\n\r\n two \n",
        colour=Colour.BLUE,
        stamp=Colour.RED,
        pieces=7,
        barcode=2**40,
        weight=0.1 + 0.2,
        price=Decimal("12.30"),
        fragile=True,
        sent_at=datetime(2030, 1, 1, 1, 2, 3, 456_000, tzinfo=UTC),
        day=date(2030, 1, 1),
        mail="lin@example.com",
        link="https://example.com/a?b=c",
        addressee=UserFactory(),
        marks=["a", " b ", "c&<d>"],
        colours=[Colour.RED],
        hands=[clerk.staff.pk, ObjectId()],
        size=Size(width=3, unit="cm"),
        legs=[Leg(place="Taipei", at=datetime(2030, 1, 1, tzinfo=UTC)), Leg(place="Beijing", note="x\ny")],
        scans=[Leg(place=f"Gate {n}") for n in range(3)],
        origin="Kyoto",
        secret="李小明",
        letter="Dear\nall",
        facts={"a": {"b": [1, 2]}},
    ).save()


def edit(parcel: Parcel) -> str:
    return f"/admin/parcels/edit/?id={parcel.pk}"


def again(parcel: Parcel) -> Parcel:
    return Parcel.objects(pk=parcel.pk).first()


def sheet(clerk: PanelClient, url: str) -> Sheet:
    page = clerk.get(url)
    assert page.status_code == 200, page.text
    return Sheet(page.text)


def change(clerk: PanelClient, parcel: Parcel, **changed: Any) -> Any:
    return clerk.post(edit(parcel), data=sheet(clerk, edit(parcel)).sent(**changed))


# -- Untouched


def test_an_untouched_save_leaves_the_record_byte_for_byte(
    clerk: PanelClient, full: Parcel, database: Database
) -> None:
    before = database["parcels"].find_one()

    assert change(clerk, full).status_code == 302

    assert database["parcels"].find_one() == before
    assert database["audit"].count_documents({"record": full.pk, "deed": "change"}) == 0


@pytest.mark.parametrize(
    "raw",
    [
        {"story": "", "letter2": "x"},
        {"story": "a\r\nb\r\n", "number": "trailing  "},
        {"story": "\n\nleading"},
        {"story": "old mac\rline"},
        {"number": "two\nlines"},
        {"colour": "green", "colours": ["green", "red"]},
        {"sent_at": datetime(1883, 11, 18, 12, 0, 0, 1000, tzinfo=UTC)},
        {"marks": ["", "a\nb", "c "]},
        {"legs": [{"place": "Taipei", "by": "an older program", "note": None}]},
        {"legs": [{"place": "Taipei", "note": "a\r\nb "}], "size": {"unit": "", "depth": 2}},
        {"mail": "not an address", "link": "nor this"},
        {"fragile": None, "pieces": None},
        {"weight": 1e-9, "colour": None},
        {"hands": [], "legs": []},
    ],
)
def test_what_is_odd_in_a_record_survives_an_untouched_save(
    clerk: PanelClient, full: Parcel, database: Database, raw: dict[str, Any]
) -> None:
    database["parcels"].update_one({"_id": full.pk}, {"$set": raw})
    before = database["parcels"].find_one()

    assert change(clerk, full).status_code == 302

    assert database["parcels"].find_one() == before


def test_a_touched_field_takes_nothing_else_along(
    clerk: PanelClient, full: Parcel, database: Database
) -> None:
    before = database["parcels"].find_one()

    change(clerk, full, pieces="8")

    after = database["parcels"].find_one()
    assert {name for name in after if after[name] != before.get(name)} == {"pieces", "version", "updated_at"}


# -- Every kind of field


def test_every_kind_of_field_is_offered_and_stored(
    clerk: PanelClient, database: Database, actor: Actor
) -> None:
    user = UserFactory()
    answer = clerk.post(
        NEW,
        data=sheet(clerk, NEW).sent(
            number="P-2",
            story="One\r\ntwo",
            colour="blue",
            stamp="red",
            pieces="7",
            barcode=str(2**40),
            weight="1.25",
            price="12.30",
            fragile="y",
            sent_at="2030-01-01T09:30:15.250",
            day="2030-01-01",
            mail="lin@example.com",
            link="https://example.com",
            addressee=str(user.pk),
            marks="a\r\nb",
            colours=["red", "blue"],
            origin="Kyoto",
            secret="李小明",
            letter="Dear\r\nall",
            **{
                "hands-0": str(clerk.staff.pk),
                "size-width": "3",
                "size-unit": "cm",
                "legs-0-place": "Taipei",
                "legs-0-at": "2030-01-01T08:00",
                "legs-1-place": "Beijing",
                "scans-0-place": "Gate",
            },
        ),
    )
    assert answer.status_code == 302, answer.text

    stored = Parcel.objects.first()
    assert {name: getattr(stored, name) for name in ("number", "story", "colour", "stamp", "pieces")} == {
        "number": "P-2",
        "story": "One\ntwo",
        "colour": "blue",
        "stamp": "red",
        "pieces": 7,
    }
    assert (stored.barcode, stored.weight, stored.price) == (2**40, 1.25, Decimal("12.30"))
    assert (stored.fragile, stored.day) == (True, date(2030, 1, 1))
    assert stored.sent_at == datetime(2030, 1, 1, 1, 30, 15, 250_000, tzinfo=UTC)
    assert (stored.mail, stored.link, stored.addressee) == ("lin@example.com", "https://example.com", user.pk)
    assert (stored.marks, stored.colours, stored.hands) == (["a", "b"], ["red", "blue"], [clerk.staff.pk])
    assert (stored.size.width, stored.size.unit) == (3, "cm")
    assert [leg.place for leg in stored.legs] == ["Taipei", "Beijing"]
    assert stored.legs[0].at == datetime(2030, 1, 1, tzinfo=UTC)
    assert [scan.place for scan in stored.scans] == ["Gate"]
    assert (stored.origin, stored.secret, stored.letter) == ("Kyoto", "李小明", "Dear\nall")


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("number", "P-3", "P-3"),
        ("story", "", None),
        ("story", "a\r\nb", "a\r\nb"),  # as the lines of this text ended before
        ("letter", "a\r\nb", "a\nb"),  # likewise
        ("stamp", "", None),
        ("colour", "red", "red"),
        ("pieces", " 8 ", 8),
        ("pieces", "", None),
        ("weight", "1e3", 1000.0),
        ("fragile", None, False),
        ("sent_at", "", None),
        ("day", "2031-02-03", date(2031, 2, 3)),
        ("addressee", "", None),
        ("marks", "x\r\n\r\n y ", ["x", "y"]),
        ("colours", None, []),
        ("colours", ["blue", "red"], ["blue", "red"]),
        ("secret", "", "李小明"),
        ("secret", "王五", "王五"),
        ("size-width", "4", Size(width=4, unit="cm")),
    ],
)
def test_a_change_is_stored(clerk: PanelClient, full: Parcel, name: str, typed: Any, value: Any) -> None:
    answer = change(clerk, full, **{name: typed})

    assert answer.status_code == 302, answer.text
    assert getattr(again(full), name.partition("-")[0]) == value


def test_a_secret_is_never_on_the_page_and_goes_by_its_box(clerk: PanelClient, full: Parcel) -> None:
    assert "李小明" not in clerk.get(edit(full)).text
    assert "李••" in clerk.get(edit(full)).text

    change(clerk, full, **{"secret-empty": "1"})

    assert again(full).secret is None


# -- What is wrong is said beside its field


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("number", ""),
        ("number", "   "),
        ("number", "x" * 21),
        ("colour", "green"),
        ("pieces", "many"),
        ("pieces", "100"),
        ("pieces", "-1"),
        ("pieces", "9" * 5000),
        ("barcode", str(2**63)),
        ("weight", "NaN"),
        ("weight", "1e999"),
        ("weight", "-1"),
        ("price", "Infinity"),
        ("sent_at", "tomorrow"),
        ("sent_at", "0001-01-01T00:00"),
        ("day", "2030-02-30"),
        ("mail", "lin at example"),
        ("link", "javascript:alert(1)"),
        ("link", "https://["),
        ("addressee", "nobody"),
        ("addressee", "5f1d7a0c2b9e4d3a1c0f6e8d"),
        ("story", "bell\x07"),
        ("marks", "\r\n".join("abcd" for _ in range(1001))),
        ("colours", ["green"]),
        ("size-width", "0"),
        ("size-unit", "miles"),
        ("legs-0-place", ""),
        ("legs-0-at", "then"),
        ("hands-0", "nobody"),
        ("secret", "x" * 41),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(
    clerk: PanelClient, full: Parcel, database: Database, name: str, typed: Any
) -> None:
    before = database["parcels"].find_one()

    answer = change(clerk, full, **{name: typed})

    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert database["parcels"].find_one() == before


@pytest.mark.parametrize(("language", "words"), [("zh_Hans_CN", "此字段"), ("zh_Hant_TW", "此欄位")])
def test_the_reader_is_told_in_their_language(
    clerk: PanelClient, full: Parcel, language: str, words: str
) -> None:
    clerk.send("/language", {"language": language, "next": "/"})

    answer = change(clerk, full, number="")

    assert answer.status_code == 422
    error = answer.text.split('id="number-error"')[1].split("</p>")[0]
    assert any("㐀" <= sign <= "鿿" for sign in error), error


def test_a_form_is_in_the_language_of_each_who_opens_it(clerk: PanelClient, actor: Actor) -> None:
    page = f"/admin/users/edit/?id={UserFactory().pk}"

    def labels_in(language: str) -> list[str]:
        clerk.send("/language", {"language": language, "next": "/"})
        return re.findall(r'<label for="[^"]+">([^<]+)', clerk.get(page).text)

    english, traditional = labels_in("en"), labels_in("zh_Hant_TW")

    assert english != traditional
    assert all(any("㐀" <= sign <= "鿿" for sign in label) for label in traditional)
    assert labels_in("en") == english


# -- What may not be changed


@pytest.mark.parametrize(
    "name", ["origin", "keeper", "inner", "version", "created_at", "_id", "facts", "search"]
)
def test_what_the_form_does_not_offer_cannot_be_changed_through_it(
    clerk: PanelClient, full: Parcel, database: Database, name: str
) -> None:
    before = database["parcels"].find_one()

    change(clerk, full, **({name: "1"} if name == "version" else {name: str(ObjectId())}))

    assert database["parcels"].find_one() == before


def test_who_may_not_look_records_up_may_not_choose_them_either(
    clerk: PanelClient, full: Parcel, monkeypatch: pytest.MonkeyPatch, signed_in: Callable[..., PanelClient]
) -> None:
    from dataclasses import replace

    from security.permissions import Action

    other = UserFactory()
    grants = {**User.policy.access, Action.PICK: frozenset()}  # type: ignore[dict-item]
    monkeypatch.setattr(User, "policy", replace(User.policy, access=grants))

    assert clerk.get("/admin/users/ajax/lookup/").status_code == 403
    assert change(clerk, full, addressee=str(other.pk)).status_code == 422
    assert change(clerk, full, pieces="8").status_code == 302  # what is chosen already stays


def test_a_look_up_has_a_limit(clerk: PanelClient, actor: Actor, app: Flask) -> None:
    for _ in range(15):
        UserFactory()

    assert len(clerk.get("/admin/users/ajax/lookup/?query=").json) == 12  # type: ignore[arg-type]


# -- Parts


def legs(parcel: Parcel) -> list[str]:
    return [leg.place for leg in again(parcel).legs]


def test_parts_are_added(clerk: PanelClient, full: Parcel) -> None:
    change(clerk, full, **{"legs-7-place": "Tainan"})

    assert legs(full) == ["Taipei", "Beijing", "Tainan"]


def test_a_ticked_part_goes_and_the_others_stay(clerk: PanelClient, full: Parcel, database: Database) -> None:
    kept = database["parcels"].find_one()["legs"][1]

    change(clerk, full, **{"del-legs-0": "1"})

    assert database["parcels"].find_one()["legs"] == [kept]


def test_parts_are_stored_in_the_order_of_the_page(
    clerk: PanelClient, full: Parcel, database: Database
) -> None:
    first, second = database["parcels"].find_one()["legs"]
    sent = sheet(clerk, edit(full)).sent()
    moved = {name: value for name, value in sent.items() if not name.startswith("legs-0-")}
    moved |= {name: value for name, value in sent.items() if name.startswith("legs-0-")}

    clerk.post(edit(full), data=moved)

    assert database["parcels"].find_one()["legs"] == [second, first]


def test_a_part_keeps_what_the_form_does_not_know(
    clerk: PanelClient, full: Parcel, database: Database
) -> None:
    database["parcels"].update_one({"_id": full.pk}, {"$set": {"legs.0.ink": "red"}})

    change(clerk, full, **{"legs-0-place": "Tainan"})

    assert database["parcels"].find_one()["legs"][0]["ink"] == "red"
    assert legs(full) == ["Tainan", "Beijing"]


def test_an_empty_new_part_never_came(clerk: PanelClient, full: Parcel, database: Database) -> None:
    before = database["parcels"].find_one()

    change(clerk, full, **{"legs-7-place": "", "legs-7-note": ""})

    assert database["parcels"].find_one() == before


def test_a_part_goes_when_all_of_it_is_emptied(clerk: PanelClient, full: Parcel) -> None:
    change(clerk, full, **{"size-width": "", "size-unit": ""})

    assert again(full).size is None


def test_references_are_added_and_removed(
    clerk: PanelClient, full: Parcel, account: Callable[..., Staff]
) -> None:
    gone, other = full.hands[1], account(Role.ADMIN)

    change(clerk, full, **{"del-hands-0": "1", "hands-2": str(other.pk)})

    assert again(full).hands == [gone, other.pk]  # one whom nobody finds any more stays until it is removed


@pytest.mark.parametrize("count", [1, 60])
def test_what_records_are_called_is_asked_once_however_many_there_are(
    clerk: PanelClient, full: Parcel, commands: Commands, count: int
) -> None:
    full.hands = [ObjectId() for _ in range(count)]
    full.save()
    commands.forget()

    page = clerk.get(edit(full)).text

    assert page.count('data-lookup-url="/admin/staff/') == count + 1  # and the blank one
    asked = [collection for _name, collection in commands.sent if collection in {"users", "staff"}]
    assert sorted(asked) == ["staff", "users"]


def test_a_list_that_only_grows_does_not_travel(clerk: PanelClient, full: Parcel) -> None:
    assert "Gate 1" not in clerk.get(edit(full)).text

    change(clerk, full, **{"scans-0-place": "Gate 3"})

    assert [scan.place for scan in again(full).scans] == ["Gate 0", "Gate 1", "Gate 2", "Gate 3"]


def test_four_hundred_parts_and_a_long_text_are_saved(clerk: PanelClient, full: Parcel, actor: Actor) -> None:
    full.legs = [Leg(place=f"Stop {n}", note="ok") for n in range(400)]
    full.scans = [Leg(place=f"Gate {n}") for n in range(400)]
    full.save()
    long = "千里江山 " * 200_000

    answer = change(clerk, full, story=long, **{"legs-399-place": "The end"})

    assert answer.status_code == 302
    assert again(full).story == long
    assert legs(full)[398:] == ["Stop 398", "The end"]


# -- Sent twice


def test_a_form_sent_twice_is_one_record(clerk: PanelClient) -> None:
    sent = sheet(clerk, NEW).sent(number="P-5")

    answers = [clerk.post(NEW, data=sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].location == answers[1].location
    assert Parcel.objects.count() == 1


def test_two_that_race_are_one_record(clerk: PanelClient, app: Flask) -> None:
    sent = sheet(clerk, NEW).sent(number="P-5")
    cookie = clerk.get_cookie("session") or next(iter(clerk._cookies.values()))

    def once() -> int:
        browser = app.test_client()
        browser.set_cookie(cookie.key, cookie.value)
        return browser.post(NEW, data=sent).status_code

    with ThreadPoolExecutor(3) as pool:
        codes = [future.result() for future in [pool.submit(once) for _ in range(3)]]

    assert codes == [302, 302, 302]
    assert Parcel.objects.count() == 1
