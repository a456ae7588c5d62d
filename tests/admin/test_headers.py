"""What every answer tells the browser, whatever it answers."""

import pytest
from flask import request

from admin.http.headers import version
from app import create_app
from config import Settings
from security.permissions import Role

PAGES = ["/login", "/admin/", "/nowhere", "/healthz", "/static/steward.css", "/static/none.css"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_strict(client, path):
    answer = client.get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Server" not in answer.headers


@pytest.mark.parametrize("path", ["/admin/", "/admin/users/", "/nowhere", "/logout"])
def test_no_page_is_kept_by_anybody(signed_in, path):
    assert signed_in(Role.ADMIN).get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/login", "/admin/", "/healthz", "/static/none.css"])
def test_nor_is_what_strangers_get(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_file_is_kept_for_a_year_under_its_version(app, client):
    with app.test_request_context():
        address = app.url_for("static", filename="steward.css")

    answer = client.get(address)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=", "?v=another"])
def test_and_asked_for_anew_under_any_other(client, query):
    assert "max-age=31536000" not in client.get(f"/static/steward.css{query}").headers["Cache-Control"]


def test_a_changed_file_has_another_version(app, tmp_path, monkeypatch):
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    with app.app_context():
        (tmp_path / "a.css").write_text("old")
        old = version("a.css")
        (tmp_path / "a.css").write_text("newer")
        assert version("a.css") != old
        assert version("absent.css") is None


@pytest.mark.parametrize("secure", [True, False])
def test_browsers_insist_on_https_where_cookies_are_secure(app, secure):
    app = create_app(Settings(secret_key="only for tests, " * 3, secure_cookies=secure))

    answer = app.test_client().get("/login", base_url="https://steward.example")

    assert ("Strict-Transport-Security" in answer.headers) is secure
    assert ("Secure" in answer.headers["Set-Cookie"]) is secure
    assert answer.headers["Set-Cookie"].startswith("__Host-steward=" if secure else "steward=")


@pytest.mark.parametrize(("proxies", "address"), [(0, "192.0.2.1"), (1, "203.0.113.9")])
def test_a_proxy_is_believed_only_where_there_is_one(app, proxies, address, database):
    app = create_app(
        Settings(secret_key="only for tests, " * 3, trusted_proxies=proxies, secure_cookies=False)
    )
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(request.remote_addr))

    app.test_client().get(
        "/healthz", headers={"X-Forwarded-For": "203.0.113.9"}, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}
    )

    assert seen == [address]
