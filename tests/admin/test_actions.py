"""Verbs on a record's page: they ask for what they need, are done once, and refuse in plain words."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from bson import ObjectId
from flask import Flask

from records.declaration.actions import Upload
from security.actor import Actor
from security.permissions import Role
from tests.admin.sample_register import Parcel, Why
from tests.plugins.client import PanelClient

pytestmark = pytest.mark.usefixtures("parcels")


@pytest.fixture(scope="session")
def _panel(_panel_with_parcels: Flask) -> Flask:
    return _panel_with_parcels


@pytest.fixture
def clerk(signed_in: Callable[..., PanelClient]) -> PanelClient:
    return signed_in(Role.STAFF)


@pytest.fixture
def parcel(app: Flask, actor: Actor) -> Parcel:
    return Parcel(number="P-1").save()


def _url(parcel: Parcel) -> str:
    return f"/admin/parcels/do/hand_over/?id={parcel.pk}"


def _answers(clerk: PanelClient, **others: Any) -> dict[str, Any]:
    return {"words": "it rains", "why": "moved", "to": str(clerk.staff.pk), "sure": "y"} | others


def test_the_page_asks_every_question_and_carries_a_token(clerk: PanelClient, parcel: Parcel) -> None:
    page = clerk.get(_url(parcel))

    assert page.status_code == 200
    for words in (
        "In a word",
        "The whole account",
        "Moved away",
        "To whom",
        "When",
        "Their letter",
        "is whole",
    ):
        assert words in page.text
    assert 'name="token"' in page.text
    assert f'href="{_url(parcel)}"' in clerk.get(f"/admin/parcels/details/?id={parcel.pk}").text


def test_the_method_is_called_with_every_answer_in_its_own_type(clerk: PanelClient, parcel: Parcel) -> None:
    letter = (BytesIO(b"Dear all"), "letter.txt", "text/plain")
    sent = _answers(clerk, account="Once.\r\nTwice.", at="2030-01-01T09:00", letter=letter)

    answer = clerk.send(_url(parcel), sent, content_type="multipart/form-data")

    assert answer.status_code == 302
    assert Parcel.objects(pk=parcel.pk).first().keeper == clerk.staff.pk
    assert Parcel.handed == [
        {
            "account": "Once.\nTwice.",
            "why": Why.MOVED,
            "at": datetime(2030, 1, 1, 1, tzinfo=UTC),  # nine o'clock in Shanghai
            "letter": Upload("letter.txt", "text/plain", b"Dear all"),
            "sure": True,
        }
    ]


def test_what_may_be_left_open_is_none_or_empty(clerk: PanelClient, parcel: Parcel) -> None:
    clerk.send(_url(parcel), _answers(clerk))

    assert Parcel.handed == [{"account": "", "why": Why.MOVED, "at": None, "letter": None, "sure": True}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": " "},
        {"words": "x" * 2001},
        {"why": ""},
        {"why": "because"},
        {"to": ""},
        {"to": "nobody"},
        {"to": str(ObjectId())},
        {"at": "tomorrow"},
        {"sure": ""},
    ],
)
def test_a_wrong_answer_is_said_beside_its_question_and_nothing_is_done(
    clerk: PanelClient, parcel: Parcel, wrong: dict[str, str]
) -> None:
    (name,) = wrong
    sent = {key: value for key, value in _answers(clerk, **wrong).items() if value or key != "sure"}

    answer = clerk.send(_url(parcel), sent)

    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert Parcel.handed == []


def test_the_same_form_sent_twice_is_done_once(clerk: PanelClient, parcel: Parcel) -> None:
    sent = _answers(clerk, token=str(ObjectId()))

    answers = [clerk.send(_url(parcel), sent) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert len(Parcel.handed) == 1
    assert "theirs already" not in clerk.get(answers[1].location).text


def test_a_refusal_is_shown_with_everything_that_was_typed(clerk: PanelClient, parcel: Parcel) -> None:
    clerk.send(_url(parcel), _answers(clerk))

    answer = clerk.send(_url(parcel), _answers(clerk, words="once more", token=str(ObjectId())))

    assert answer.status_code == 422
    assert "P-1 is theirs already (Moved away)." in answer.text
    assert 'value="once more"' in answer.text


def test_who_may_not_edit_may_not_ask_either(signed_in: Callable[..., PanelClient], parcel: Parcel) -> None:
    auditor = signed_in(Role.AUDITOR)

    assert auditor.get(_url(parcel)).status_code == 403
    assert auditor.send(_url(parcel), _answers(auditor)).status_code == 403
    assert _url(parcel) not in auditor.get(f"/admin/parcels/details/?id={parcel.pk}").text


def test_without_the_token_against_forgery_nothing_is_done(clerk: PanelClient, parcel: Parcel) -> None:
    assert clerk.post(_url(parcel), data=_answers(clerk)).status_code == 400
    assert Parcel.handed == []
