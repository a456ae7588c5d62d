"""Guessing is slow: after ten tries an account is closed to that address for a quarter of an hour."""

import time

import pytest
from limits import parse
from limits.strategies import MovingWindowRateLimiter

from admin.auth.rate_limit import OurStorage
from security.permissions import Role
from tests.plugins.client import PASSWORD

FROM_ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def try_often(client, email, times):
    token = client.token()
    form = {"csrf_token": token, "email": email, "password": "not the password"}
    return [client.post("/login", data=form).status_code for _ in range(times)]


def test_ten_tries_are_heard_and_the_eleventh_is_not(client, account, database):
    staff = account(Role.STAFF)

    assert try_often(client, staff.email, 11) == [200] * 10 + [429]

    assert database["audit"].count_documents({"deed": "refused"}) == 10


def test_then_the_right_password_is_not_heard_either(client, account):
    staff = account(Role.STAFF)
    try_often(client, staff.email, 10)

    answer = client.sign_in(staff.email)

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Too many tries" in answer.text


def test_nine_tries_leave_room_for_the_right_password(client, account):
    staff = account(Role.STAFF)
    try_often(client, staff.email, 9)

    assert client.sign_in(staff.email).status_code == 302


def test_names_that_do_not_exist_are_counted_alike(client):
    assert try_often(client, "nobody@steward.example", 11)[-1] == 429


def test_another_account_and_another_address_are_not_held_up(app, client, account):
    tried, other = account(Role.STAFF), account(Role.STAFF)
    try_often(client, tried.email, 10)

    assert app.test_client().sign_in(tried.email, environ_overrides=FROM_ELSEWHERE).status_code == 302
    assert app.test_client().sign_in(other.email).status_code == 302


@pytest.mark.parametrize("spelling", [str.upper, lambda email: f" {email} "])
def test_spelling_an_address_otherwise_starts_no_new_count(client, account, spelling):
    staff = account(Role.STAFF)
    try_often(client, staff.email, 10)

    assert try_often(client, spelling(staff.email), 1) == [429]


def test_looking_at_the_page_is_no_try(client, account):
    staff = account(Role.STAFF)
    for _ in range(12):
        client.get("/login")

    assert client.sign_in(staff.email).status_code == 302


def test_a_try_counts_no_longer_than_its_window(database):
    limiter = MovingWindowRateLimiter(OurStorage("steward://"))
    once_a_second = parse("1 per second")
    assert limiter.hit(once_a_second, "somebody")
    assert not limiter.hit(once_a_second, "somebody")

    time.sleep(1.1)

    assert limiter.hit(once_a_second, "somebody")


def test_who_cannot_be_counted_does_not_get_in(app, client, account, deaf_database, monkeypatch):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    staff = account(Role.STAFF)
    token = client.token()
    monkeypatch.setattr(OurStorage, "windows", deaf_database["sign_in_tries"])

    answer = client.post("/login", data={"csrf_token": token, "email": staff.email, "password": PASSWORD})

    assert answer.status_code == 503
    assert client.get("/admin/").status_code == 302
