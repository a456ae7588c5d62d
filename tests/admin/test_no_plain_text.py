"""Planted personal values come out of the panel nowhere they should not: exports, pages of errors, logs."""

import io
import logging
import zipfile
from collections.abc import Callable, Iterator

import pytest
import structlog
from mongoengine.errors import ValidationError
from pymongo.errors import NetworkTimeout, OperationFailure

from admin.http import logs
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.storage.writer import ConcurrentModification
from security.permissions import Role
from tests.factories import ComplaintFactory, UserFactory

PLANTED = ("司马相如七七", "xiangru77@planted.example", "13977776666", "Rosamunde 4711")
"""A name, an address, a number and words that stand nowhere else."""
SAID = " ".join(PLANTED)


def readable_in(text: str) -> list[str]:
    return [word for word in PLANTED if word in text]


def unpacked(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parcel:
        return "".join(parcel.read(name).decode("utf-8", "replace") for name in parcel.namelist())


@pytest.fixture
def planted(app, actor) -> User:
    name, email, phone, words = PLANTED
    user = UserFactory(name=name, email=email, phone=phone, project_needs=words)
    ComplaintFactory(user=user, contact_name=name, contact_email=email, contact_phone=phone)
    return user


@pytest.fixture
def logged(capfd) -> Iterator[Callable[[], str]]:
    """What is logged in production, at its most talkative, since it was last asked."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def logged() -> str:
        told = "".join(capfd.readouterr())
        logs.configure("DEBUG")
        return told

    yield logged
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def failing(app, monkeypatch):
    """A form whose sending fails as it is told to: `failing(error)` is its path."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    def failing(error: Exception) -> str:
        def fail():
            raise error

        monkeypatch.setitem(app.view_functions, "security.login", fail)
        return "/login"

    return failing


@pytest.mark.clause("R8")
@pytest.mark.parametrize(
    ("kind", "columns"),
    [(User, ["number", "name", "email", "phone", "project_needs"]),
     (Complaint, ["number", "content", "contact_name", "contact_email", "contact_phone"])],
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_who_may_not_have_personal_data_gets_none_in_any_export(planted, signed_in, kind, columns, form):
    browser, home = signed_in(Role.SUPERVISOR), f"/admin/{kind.collection_name()}/export/"

    asked = browser.send(home, {"form": form, "columns": columns, "reason": "I want to know"})
    usual = browser.get(f"{home}{form}/")

    for answer in (asked, usual):
        assert answer.status_code == 200
        text = unpacked(answer.data) if form == "xlsx" else answer.data.decode("utf-8-sig")
        assert "000001" in text  # the record is in it
        assert readable_in(text) == []


def test_who_may_have_them_finds_them_so_the_others_would_have(planted, signed_in):
    asked = {"form": "xlsx", "columns": ["number", "name"], "reason": "She asked for it"}

    answer = signed_in(Role.COMPLIANCE).send("/admin/users/export/", asked)

    assert readable_in(unpacked(answer.data)) == [PLANTED[0]]


@pytest.mark.clause("R8")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValidationError(SAID), 400),
        (ConcurrentModification(SAID), 409),
        (OperationFailure(SAID, 11000), 500),
        (ZeroDivisionError(SAID), 500),
        (NetworkTimeout(SAID), 503),
    ],
)
def test_no_page_of_an_error_repeats_what_was_typed_and_no_log_does(client, failing, logged, error, code):
    form = {"csrf_token": client.token(), "email": SAID, "password": SAID, "note": SAID}
    path = failing(error)
    logged()

    answer = client.post(path, data=form)

    told = logged()
    assert answer.status_code == code
    assert readable_in(answer.text) == []
    assert '"status": ' in told or "/login" in told
    assert readable_in(told) == []


def test_what_somebody_looked_for_in_vain_is_not_logged(signed_in, logged):
    browser = signed_in(Role.STAFF)
    logged()

    answer = browser.get("/admin/users/details/", query_string={"id": SAID, "search": SAID})

    assert answer.status_code == 404
    assert readable_in(logged()) == []


def test_without_a_database_nothing_typed_is_repeated(signed_in, logged, request):
    browser = signed_in(Role.STAFF)
    form = {"csrf_token": browser.token(), "name": SAID, "email": SAID}
    request.getfixturevalue("without_database")
    logged()

    answer = browser.post("/admin/users/new/", data=form)

    assert answer.status_code == 503
    assert readable_in(answer.text) == []
    assert readable_in(logged()) == []


def test_masked_lists_and_pages_show_none_of_it_and_a_days_work_logs_none(planted, signed_in, logged):
    browser = signed_in(Role.STAFF)
    logged()

    pages = [
        browser.get("/admin/users/").text,
        browser.get(f"/admin/users/details/?id={planted.pk}").text,
        browser.get("/admin/users/", query_string={"search": PLANTED[1]}).text.replace(PLANTED[1], ""),
    ]
    browser.send("/admin/users/new/", {"name": PLANTED[0], "email": PLANTED[1], "phone": PLANTED[2]})

    shown = [word for word in readable_in("".join(pages)) if word != PLANTED[3]]  # what is open to handlers
    assert shown == []
    assert readable_in(logged()) == []
