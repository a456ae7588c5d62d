"""/healthz tells a load balancer whether to send people here, and tells nobody more."""

from flask import Flask

from admin.http import health


def test_all_is_well(client):
    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok"}


def test_without_a_database_it_says_what_is_wrong(client, without_database):
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": "does not answer"}


def test_asking_leaves_no_trace(client, database, commands):
    answer = client.get("/healthz")

    assert "Set-Cookie" not in answer.headers
    assert [name for name, _ in commands.sent] == ["ping"]
    assert database["sessions"].count_documents({}) == 0


def test_another_check_counts_as_much(database):
    app = Flask(__name__)
    health.init_app(app, {"space": lambda: "is short"})

    answer = app.test_client().get("/healthz")

    assert answer.status_code == 503
    assert answer.json == {"status": "unavailable", "database": "ok", "space": "is short"}
