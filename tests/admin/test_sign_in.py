"""Who comes in, who does not, and what is left when they go."""

import json

import pytest

from admin.auth.sign_in import WeakPassword, accepted_password
from app import create_app
from config import Settings
from documents.staff.staff import Staff
from records.storage.audit import AuditAction
from security.actor import Actor, act_as
from security.permissions import Role
from tests.admin.test_safe_redirect import ELSEWHERE
from tests.plugins.client import PASSWORD, TOKEN

SORRY = "do not belong together"


def deeds(database, deed):
    return list(database["audit"].find({"deed": deed.value}))


def test_the_right_password_signs_in_and_is_noted(client, account, database):
    staff = account(Role.STAFF)

    answer = client.sign_in(staff.email)

    assert (answer.status_code, answer.location) == (302, "/")
    (entry,) = deeds(database, AuditAction.SIGN_IN)
    assert (entry["actor"], entry["record"], entry["origin"]) == (f"staff:{staff.pk}", staff.pk, "127.0.0.1")
    assert client.get("/admin/").status_code == 200


def test_a_wrong_password_does_not_and_is_noted_without_it(client, account, database):
    staff = account(Role.STAFF)

    answer = client.sign_in(staff.email, "a lantern over eight rivers")

    assert answer.status_code == 200
    assert SORRY in answer.text
    (entry,) = deeds(database, AuditAction.REFUSED)
    assert (entry["actor"], entry["record"]) == ("visitor", staff.pk)
    assert "lantern" not in str(entry)
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(("email", "password"), [("", ""), ("lin@steward.example", ""), ("", PASSWORD)])
def test_what_was_left_empty_is_answered_once(client, email, password):
    assert client.sign_in(email, password).text.count(SORRY) == 1


def test_an_unknown_name_is_answered_like_a_wrong_password(client, account, database, commands):
    staff = account(Role.STAFF)
    token = client.token()

    def answer_to(email):
        commands.forget()
        page = client.post("/login", data={"csrf_token": token, "email": email, "password": "x" * 12})
        return page.status_code, TOKEN.sub("", page.text).replace(email, "…"), list(commands.sent)

    known, unknown = answer_to(staff.email), answer_to("nobody@steward.example")

    assert known == unknown
    assert "nobody@steward.example" not in str(deeds(database, AuditAction.REFUSED))


def test_a_password_is_hashed_for_an_unknown_name_too(app, client, monkeypatch):
    hashed = []
    context = app.extensions["security"].pwd_context
    hash_one = context.hash
    monkeypatch.setattr(context, "hash", lambda secret, **options: hashed.append(secret) or hash_one(secret))

    client.sign_in("nobody@steward.example", "some password")

    assert hashed == ["some password"]


@pytest.mark.parametrize("typed", ["ANN@steward.EXAMPLE", "  ann@steward.example "])
def test_capitals_and_spaces_in_an_address_do_not_matter(client, account, typed):
    account(Role.STAFF, email="ann@steward.example")

    assert client.sign_in(typed).status_code == 302


@pytest.mark.parametrize(
    "typed", ["ann@steward.exampl.", ".*", "ann@steward_example", "ann\0@steward.example"]
)
def test_an_address_is_no_pattern(client, account, typed):
    account(Role.STAFF, email="ann@steward.example")

    assert client.sign_in(typed).status_code in {200, 400}


@pytest.mark.parametrize("missing", ["email", "password"])
def test_a_form_that_is_not_filled_in_says_so_and_is_no_refusal(client, database, missing):
    answer = client.send("/login", {"email": "ann@steward.example", "password": PASSWORD, missing: ""})

    assert answer.status_code == 200
    assert deeds(database, AuditAction.REFUSED) == []


def test_a_closed_account_does_not_open(client, account, database):
    staff = account(Role.STAFF, active=False)

    assert SORRY in client.sign_in(staff.email).text
    assert deeds(database, AuditAction.SIGN_IN) == []


def test_closing_an_account_ends_its_sign_in_at_the_next_request(signed_in):
    browser = signed_in(Role.STAFF)
    with act_as(Actor.command("test")):
        staff = Staff.objects.get(pk=browser.staff.pk)
        staff.active = False
        staff.save()

    assert browser.get("/admin/").location == "/login?next=/admin/"


def test_a_role_taken_away_is_gone_at_the_next_request(signed_in):
    browser = signed_in(Role.ADMIN)
    assert browser.get("/admin/staff/").status_code == 200
    with act_as(Actor.command("test")):
        staff = Staff.objects.get(pk=browser.staff.pk)
        staff.roles = [Role.STAFF]
        staff.save()

    assert browser.get("/admin/staff/").status_code == 403


def test_a_sign_in_is_told_on_the_account_and_changes_no_audited_field(signed_in, database):
    browser = signed_in(Role.STAFF)

    staff = Staff.objects.get(pk=browser.staff.pk)

    assert (staff.login_count, staff.current_login_ip) == (1, "127.0.0.1")
    assert staff.last_login_at.tzinfo
    assert deeds(database, AuditAction.CHANGE) == []


@pytest.mark.parametrize("address", [one for one in ELSEWHERE if one])
def test_signing_in_leads_nowhere_else(client, account, address):
    staff = account(Role.STAFF)
    form = {"email": staff.email, "password": PASSWORD, "next": address}

    answer = client.send("/login", form, query_string={"next": address})

    assert answer.status_code == 302
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))


def test_signing_in_leads_to_what_was_asked_for(client, account):
    staff = account(Role.STAFF)
    asked = client.get("/admin/complaints/?search=林")
    form = {"csrf_token": client.token(), "email": staff.email, "password": PASSWORD}

    answer = client.post(asked.location, data=form)

    assert client.get(answer.location).status_code == 200
    assert answer.location.startswith("/admin/complaints/?search=")


def test_a_form_sent_without_its_token_does_not_sign_in(client, account):
    staff = account(Role.STAFF)

    answer = client.post("/login", data={"email": staff.email, "password": PASSWORD})

    assert answer.status_code == 400
    assert client.get("/admin/").status_code == 302


def test_nothing_signs_in_but_the_form(client, account):
    staff = account(Role.STAFF)
    told = {"email": staff.email, "password": PASSWORD}

    by_json = client.post("/login?include_auth_token", json=told, headers={"X-CSRFToken": client.token()})

    assert by_json.status_code == 415
    assert client.get("/admin/", auth=(staff.email, PASSWORD)).status_code == 302


def test_there_is_no_way_to_be_remembered(client, account):
    staff = account(Role.STAFF)

    client.send("/login", {"email": staff.email, "password": PASSWORD, "remember": "y"})

    assert client.get_cookie("remember_token") is None


@pytest.mark.parametrize(
    "path",
    ["/register", "/reset", "/change", "/confirm", "/verify", "/tf-setup", "/us-signin", "/fs-static/x.js"],
)
def test_pages_that_are_not_offered_do_not_exist(client, path):
    assert client.get(path).status_code == 404


def test_a_link_signs_nobody_out(signed_in):
    browser = signed_in(Role.STAFF)

    assert browser.get("/logout").status_code == 200
    assert browser.get("/admin/").status_code == 200


def test_signing_out_ends_it_and_is_noted(signed_in, database):
    browser = signed_in(Role.STAFF)

    assert browser.send("/logout").location == "/login"

    assert browser.get("/admin/").status_code == 302
    (entry,) = deeds(database, AuditAction.SIGN_OUT)
    assert entry["actor"] == f"staff:{browser.staff.pk}"


def test_signing_out_needs_its_token(signed_in):
    browser = signed_in(Role.STAFF)

    assert browser.post("/logout").status_code == 400
    assert browser.get("/admin/").status_code == 200


def test_everything_else_asks_who_it_is(app, client):
    """Whatever page is added is closed to strangers, unless it is named here."""
    open_to_all = {"static", "healthz", "language", "security.login"}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in open_to_all or rule.endpoint.startswith("portal."):
            continue
        path = rule.build(dict.fromkeys(rule.arguments, "x"))[1]
        method = "GET" if "GET" in rule.methods else "POST"
        answer = client.open(path, method=method)
        assert answer.status_code == 302, rule
        assert answer.location.startswith("/login"), rule


def test_a_demo_shows_its_sign_ins(app, tmp_path):
    signins = {"auditor": {"email": "ann@steward.example", "password": "shown on purpose"}}
    (tmp_path / "demo-signins.json").write_text(json.dumps(signins))
    demo = create_app(Settings(data_dir=tmp_path, secret_key="only for tests, " * 3))

    page = demo.test_client().get("/login").text

    assert "Auditor" in page
    assert "shown on purpose" in page
    assert "Demo data" in page


def test_what_is_no_demo_shows_none(client):
    page = client.get("/login").text

    assert "Try it as" not in page
    assert "Demo data" not in page


@pytest.mark.parametrize(
    "weak",
    ["eleven char", "x" * 129, "password1234", "ann@steward.example", "aaaaaaaaaaaaaaaa", "a" * 100],
)
def test_a_weak_password_is_refused(app, weak):
    staff = Staff(name="Ann", email="ann@steward.example")

    with app.test_request_context(), pytest.raises(WeakPassword):
        accepted_password(weak, staff)


@pytest.mark.parametrize("strong", ["twelve chars", "九江燈火照歸人，長夜未央", PASSWORD, PASSWORD * 4])
def test_a_strong_one_is_kept_as_a_hash(app, strong):
    with app.test_request_context():
        kept = accepted_password(strong, Staff(name="Ann", email="ann@steward.example"))

    assert kept.startswith("$argon2id$")
    assert strong not in kept
