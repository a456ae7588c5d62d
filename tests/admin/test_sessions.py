"""A session is what the database says it is: whoever holds a cookie of it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from security.permissions import Role


def cookie_of(browser) -> str:
    return browser.get_cookie("steward").value


def copy_of(browser, app):
    copy = app.test_client()
    copy.set_cookie("steward", cookie_of(browser))
    return copy


def test_a_copied_cookie_works_until_its_owner_signs_out(app, signed_in):
    browser = signed_in(Role.STAFF)
    copy = copy_of(browser, app)
    assert copy.get("/admin/").status_code == 200

    browser.send("/logout")

    assert copy.get("/admin/").status_code == 302


def test_signing_in_goes_on_under_a_new_cookie(client, account, app, database):
    staff = account(Role.STAFF)
    client.get("/login")
    planted = copy_of(client, app)

    client.sign_in(staff.email)

    assert cookie_of(client) != cookie_of(planted)
    assert planted.get("/admin/").status_code == 302
    assert database["sessions"].count_documents({}) == 1


def test_a_token_from_before_signing_in_is_worth_nothing_after(client, account):
    staff = account(Role.STAFF)
    before = client.token()

    client.sign_in(staff.email)

    assert client.post("/logout", data={"csrf_token": before}).status_code == 400


def test_a_session_ends_by_itself(signed_in, database, app):
    browser = signed_in(Role.STAFF)
    moments = [row["expires_at"] for row in database["sessions"].find()]
    lasting = datetime.now(UTC) + app.permanent_session_lifetime
    assert all(lasting - timedelta(minutes=5) < moment <= lasting for moment in moments)

    database["sessions"].update_many({}, {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}})

    assert browser.get("/admin/").status_code == 302


def test_a_session_that_ended_meanwhile_is_not_brought_back(signed_in, app, database):
    """A slow page that began before signing out, and stores its session after."""
    browser = signed_in(Role.STAFF)
    slow = copy_of(browser, app)
    with slow.session_transaction() as session:
        browser.send("/logout")
        session["late"] = True

    assert slow.get("/admin/").status_code == 302
    assert database["sessions"].count_documents({}) == 0


def test_a_made_up_cookie_is_nobody_and_is_not_taken_over(client, database):
    client.set_cookie("steward", "chosen-by-somebody-else")

    client.get("/login")

    assert cookie_of(client) != "chosen-by-somebody-else"
    assert database["sessions"].find_one({"_id": sha256(b"chosen-by-somebody-else").hexdigest()}) is None


def test_what_is_stored_opens_no_session(signed_in, database):
    browser = signed_in(Role.STAFF)

    assert cookie_of(browser) not in str(list(database["sessions"].find()))


def test_the_cookie_is_for_this_site_and_no_script(client):
    cookie = client.get("/login").headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie


def test_a_page_costs_one_read_for_the_session_and_its_account(signed_in, commands):
    browser = signed_in(Role.STAFF)
    browser.get("/logout")
    commands.forget()

    browser.get("/logout")

    assert commands.sent == [("aggregate", "sessions")]


@pytest.mark.parametrize("path", ["/static/steward.css", "/static/none.css"])
def test_a_file_costs_nothing_even_for_those_who_are_signed_in(signed_in, commands, path):
    browser = signed_in(Role.STAFF)
    before = cookie_of(browser)
    commands.forget()

    answer = browser.get(path)

    assert commands.sent == []
    assert "Set-Cookie" not in answer.headers
    assert cookie_of(browser) == before


def test_a_page_that_is_not_there_leaves_those_signed_in_as_they_are(signed_in):
    browser = signed_in(Role.STAFF)

    assert browser.get("/nowhere").status_code == 404

    assert browser.get("/admin/").status_code == 200


def test_the_database_drops_what_has_expired(database):
    index = database["sessions"].index_information()["expired"]

    assert index["expireAfterSeconds"] == 0
