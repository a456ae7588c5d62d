"""What goes wrong is said plainly, in the reader's language, and never as a fault of ours when it is none."""

import re

import pytest
from bson.errors import InvalidId
from mongoengine.errors import DoesNotExist, ValidationError
from pymongo.errors import NetworkTimeout, OperationFailure
from werkzeug.exceptions import Conflict

from records.storage.writer import ConcurrentModification, RecordDeleted
from security.permissions import Role


@pytest.fixture
def failing(app, monkeypatch):
    """A page that fails as it is told to: `failing(error)` is its path."""
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)

    def failing(error):
        def fail():
            raise error

        monkeypatch.setitem(app.view_functions, "security.login", fail)
        return "/login"

    return failing


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Conflict(), 409),
        (ConcurrentModification("C-000001"), 409),
        (RecordDeleted("C-000001"), 409),
        (InvalidId("'x' is not a valid ObjectId"), 404),
        (DoesNotExist("Complaint matching query does not exist."), 404),
        (ValidationError("'x' is not a valid ObjectId"), 400),
        (OverflowError("MongoDB can only handle up to 8-byte ints"), 400),
        (NetworkTimeout("db.internal:27017: timed out"), 503),
        (OperationFailure("no such command: 'x'", 59), 500),
        (ZeroDivisionError("division by zero"), 500),
    ],
)
def test_each_failure_has_its_page(client, failing, error, code):
    answer = client.get(failing(error))

    assert answer.status_code == code
    assert f'<p class="code">{code}</p>' in answer.text
    assert str(error) not in answer.text
    assert answer.headers["Content-Security-Policy"]


def test_a_fault_of_ours_has_a_number_that_the_log_has_too(client, failing, caplog):
    answer = client.get(failing(ZeroDivisionError("division by zero")))

    number = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)[1]
    assert "ZeroDivisionError" in caplog.text
    assert number


def test_a_program_is_answered_in_json(client):
    answer = client.get("/nowhere", headers={"Accept": "application/json"})

    assert answer.status_code == 404
    assert answer.json["error"] == "Not found"


def test_a_program_that_is_not_signed_in_is_told_so(client):
    assert client.get("/admin/", headers={"Accept": "application/json"}).status_code == 401


def test_a_person_who_is_not_signed_in_is_shown_where(client):
    assert client.get("/admin/users/?page=2").location == "/login?next=/admin/users/?page%3D2"


def test_a_form_sent_after_the_session_ended_leads_to_the_sign_in(client):
    assert client.post("/admin/users/new/", data={"name": "x"}).location == "/login"


def test_an_old_form_is_explained(client):
    answer = client.post("/login", data={"csrf_token": "old"})

    assert answer.status_code == 400
    assert "This form is too old" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/login?%00=1",
        "/admin/users/?search=%00",
        "/admin/users/details/?id=%00",
        "/admin/users/details/?id=nonsense",
        "/admin/users/details/?id=5f0000000000000000000000",
        "/admin/users/edit/?id=nonsense",
        "/admin/nowhere/",
        "/static/../app.py",
        "/static/%2e%2e/config.py",
    ],
)
def test_nonsense_is_the_readers_and_not_our_fault(signed_in, path):
    assert 400 <= signed_in(*Role).get(path).status_code < 500


@pytest.mark.parametrize(
    "query", ["page=-1", "page=99999999999999999999", "size=-1", "sort=%24where", "after=x"]
)
def test_odd_addresses_of_a_list_do_no_harm(signed_in, query):
    assert signed_in(*Role).get(f"/admin/users/?{query}").status_code < 500


def test_a_nul_in_a_form_is_refused(client):
    assert client.send("/login", {"email": "a\0b", "password": "x"}).status_code == 400


def test_a_body_of_16_mb_is_too_large(client):
    answer = client.post("/login", data={"email": b"x" * (16 * 1024 * 1024 + 1)})

    assert answer.status_code == 413


def test_a_method_that_is_not_meant_is_refused(client):
    assert client.get("/language").status_code == 405


@pytest.mark.parametrize("path", ["/login", "/admin/", "/logout", "/nowhere"])
def test_without_a_database_every_page_says_so(signed_in, request, path):
    browser = signed_in(Role.STAFF)
    request.getfixturevalue("without_database")

    answer = browser.get(path, headers={"Accept-Language": "en"})

    assert answer.status_code == 503
    assert "Back in a moment" in answer.text
    assert answer.headers["Retry-After"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_visitor_is_told_so_as_well(client, without_database):
    answer = client.get("/login")

    assert answer.status_code == 503
    assert "Set-Cookie" not in answer.headers


def test_a_file_needs_no_database(client, without_database):
    assert client.get("/static/steward.css").status_code == 200
