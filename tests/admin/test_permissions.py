"""Who may open what: every address, for every role, as permissions.txt beside this file says.

Whoever changes it on purpose writes it anew: STEWARD_RENEW=1 pytest tests/admin/test_permissions.py
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from bson import ObjectId
from flask import Flask
from flask_admin import expose
from werkzeug.routing import Rule

from admin.governed import GovernedView
from admin.pages.page import Page
from records.declaration.actions import actions_of
from records.declaration.registry import registered
from security.actor import Actor
from security.permissions import Action, Role
from tests.factories import ComplaintFactory, ConsentFactory, FeedbackFactory, UserFactory
from tests.plugins.client import PanelClient

TABLE = Path(__file__).with_name("permissions.txt")
OPEN = {"/login", "/healthz", "/language", "/static/<path:filename>"}
"""What answers without a sign-in."""
BRIEF = {"Accept": "application/json"}
"""Whoever is refused is told so without a whole page: there are thousands to ask for."""
ANY_ROLE = {"/", "/logout"}
"""What is of no document and no page of the table, and for everyone who is signed in."""


def panel_rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin/")]


def addresses(rule: Rule) -> list[tuple[str, str]]:
    """The addresses of a rule, each with the name it has in the table: one for each verb."""
    collection = rule.rule.split("/")[2]
    kind = next((kind for kind in registered() if kind.collection_name() == collection), None)
    if rule.rule.endswith("/do/<name>/") and kind:
        return [
            (rule.rule.replace("<name>", name), rule.rule.replace("<name>", name))
            for name in actions_of(kind)
        ]
    filled = rule.rule.replace("<form>", "csv")
    for argument in rule.arguments:
        filled = filled.replace(f"<{argument}>", "anything").replace(f"<path:{argument}>", "anything")
    return [(rule.rule, filled)]


def opens(browser: PanelClient, rule: Rule, path: str, token: str) -> bool:
    """Tell whether somebody is let in; what is asked for is never there, so that nothing happens."""
    url = f"{path}?id={ObjectId()}"
    if "GET" in (rule.methods or ()):
        answer = browser.get(url, headers=BRIEF)
    else:
        answer = browser.post(url, data={"csrf_token": token}, headers=BRIEF)
    assert answer.status_code != 401
    return answer.status_code != 403


def test_every_address_is_open_to_whom_the_table_says(
    app: Flask, signed_in: Callable[..., PanelClient]
) -> None:
    lines = {}
    browsers = {role: signed_in(role) for role in Role}
    tokens = {role: browser.token() for role, browser in browsers.items()}
    for rule in panel_rules(app):
        for name, path in addresses(rule):
            lines[name] = [role for role in Role if opens(browsers[role], rule, path, tokens[role])]
    found = "".join(f"{name:60} {' '.join(roles) or '–'}\n" for name, roles in sorted(lines.items()))
    if os.environ.get("STEWARD_RENEW"):
        TABLE.write_text(found)

    assert found == TABLE.read_text()


def test_every_address_is_in_the_table_or_open_on_purpose(app: Flask) -> None:
    table = {name for rule in panel_rules(app) for name, _path in addresses(rule)}
    known = {line.split()[0] for line in TABLE.read_text().splitlines()}

    assert table == known
    assert {rule.rule for rule in app.url_map.iter_rules()} - {
        r.rule for r in panel_rules(app)
    } == OPEN | ANY_ROLE


def test_who_is_not_signed_in_is_shown_to_the_sign_in(app: Flask, client: PanelClient) -> None:
    for rule in panel_rules(app):
        for _name, path in addresses(rule):
            if "GET" in (rule.methods or ()):
                answer = client.get(path)
                assert answer.status_code == 302, path
                assert answer.location.startswith("/login"), path


def test_who_is_not_signed_in_can_send_nothing(app: Flask, client: PanelClient) -> None:
    token = client.token()
    for rule in panel_rules(app):
        for _name, path in addresses(rule):
            if "POST" in (rule.methods or ()):
                answer = client.post(path, data={"csrf_token": token})
                assert answer.status_code == 302, path
                assert answer.location.startswith("/login"), path


def test_nothing_is_sent_without_the_token_against_forgery(
    app: Flask, signed_in: Callable[..., PanelClient]
) -> None:
    browser = signed_in(*Role)
    for rule in app.url_map.iter_rules():
        for _name, path in addresses(rule) if rule.rule.startswith("/admin/") else [("", rule.rule)]:
            if "POST" in (rule.methods or ()):
                assert browser.post(path, data={"id": str(ObjectId())}).status_code == 400, path


def test_a_page_that_names_no_action_is_closed_to_everyone(
    app: Flask, signed_in: Callable[..., PanelClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(*Role)
    assert browser.get("/admin/users/").status_code == 200

    monkeypatch.setattr(
        GovernedView, "OPENS", {name: to for name, to in GovernedView.OPENS.items() if name != "index_view"}
    )

    assert browser.get("/admin/users/").status_code == 403


def test_every_page_of_the_panel_says_which_action_opens_it() -> None:
    pages = {name for name in dir(GovernedView) if hasattr(getattr(GovernedView, name), "_urls")}

    assert pages == set(GovernedView.OPENS)
    assert Page.OPENS == {}
    assert expose  # what marks a page


@pytest.mark.clause("R79", "R16")
def test_what_a_role_may_not_do_does_nothing(
    app: Flask, signed_in: Callable[..., PanelClient], actor: Actor
) -> None:
    auditor, clerk = signed_in(Role.AUDITOR), signed_in(Role.STAFF)
    for record in (UserFactory(), ConsentFactory(), FeedbackFactory(), ComplaintFactory()):
        home, before = f"/admin/{record.collection_name()}", type(record).objects(pk=record.pk).first().stored
        sent = {"confirmed": "1", "reason": "because", "rowid": str(record.pk), "action": "delete"}
        for browser, paths in (
            (auditor, ("edit", "delete", "reveal", "action")),
            (clerk, ("delete", "action")),
        ):
            for path in paths:
                assert browser.send(f"{home}/{path}/?id={record.pk}", sent).status_code == 403, path
        assert type(record).objects(pk=record.pk).first().stored == before


@pytest.mark.clause("R79")
def test_roles_add_up(app: Flask, signed_in: Callable[..., PanelClient], actor: Actor) -> None:
    user = UserFactory()

    assert signed_in(Role.AUDITOR).get(f"/admin/users/edit/?id={user.pk}").status_code == 403
    assert signed_in(Role.AUDITOR, Role.STAFF).get(f"/admin/users/edit/?id={user.pk}").status_code == 200


def test_no_row_means_no() -> None:
    from security.permissions import may

    assert not any(may(Role, action, None) for action in Action)
    assert not any(may(Role, action, {}) for action in Action)
