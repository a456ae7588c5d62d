"""People read in their language, in their zone, and it stays so."""

import os
import re
from datetime import UTC, datetime

import pytest
from flask_babel import format_datetime
from wtforms import StringField
from wtforms.validators import InputRequired

from admin.forms.form import PanelForm
from admin.http import message_catalogs
from admin.locale import best_of, local
from documents.staff.staff import Staff
from security.permissions import Role


def language_of(page) -> str:
    return re.search(r'<html lang="([^"]+)"', page.text)[1]


@pytest.mark.parametrize(
    ("accepts", "lang"),
    [
        ("zh-TW", "zh-Hant-TW"),
        ("zh-Hant", "zh-Hant-TW"),
        ("zh-HK,zh;q=0.9", "zh-Hant-TW"),
        ("zh-MO", "zh-Hant-TW"),
        ("zh-Hant-HK", "zh-Hant-TW"),
        ("zh", "zh-Hans-CN"),
        ("zh-CN", "zh-Hans-CN"),
        ("zh-SG", "zh-Hans-CN"),
        ("zh-Hans-SG", "zh-Hans-CN"),
        ("en-GB", "en"),
        ("de, zh-TW;q=0.5, en;q=0.4", "zh-Hant-TW"),
        ("zh-CN;q=0, en;q=0.1", "en"),
        ("de", "en"),
        ("enx, zhx", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_browser_is_asked_first(client, accepts, lang):
    assert language_of(client.get("/login", headers={"Accept-Language": accepts})) == lang


def test_a_browser_that_names_nothing_of_ours_decides_nothing():
    assert best_of([("de", 1.0), ("fr", 0.5)]) is None


def test_a_choice_wins_over_the_browser_and_stays(client):
    answer = client.send("/language", {"language": "zh_Hans_CN", "next": "/login"})

    assert (answer.status_code, answer.location) == (302, "/login")
    assert language_of(client.get("/login", headers={"Accept-Language": "en"})) == "zh-Hans-CN"


def test_a_choice_goes_along_when_signing_in(client, account):
    staff = account(Role.STAFF)
    client.send("/language", {"language": "zh_Hant_TW"})

    client.sign_in(staff.email)

    assert language_of(client.get("/admin/")) == "zh-Hant-TW"


def test_a_choice_is_kept_with_the_account(signed_in, app):
    browser = signed_in(Role.STAFF)
    browser.send("/language", {"language": "zh_Hant_TW"})
    assert Staff.objects.get(pk=browser.staff.pk).language == "zh_Hant_TW"

    another = app.test_client()
    another.sign_in(browser.staff.email)

    assert language_of(another.get("/admin/", headers={"Accept-Language": "en"})) == "zh-Hant-TW"


@pytest.mark.parametrize("wrong", ["de", "", "../../etc/passwd", "zh"])
def test_a_language_we_do_not_speak_is_refused(client, wrong):
    assert client.send("/language", {"language": wrong}).status_code == 400


def test_choosing_leads_nowhere_else(client):
    answer = client.send("/language", {"language": "en", "next": "//evil.example"})

    assert answer.location == "/"


def test_choosing_needs_its_token(client):
    assert client.post("/language", data={"language": "en"}).status_code == 400


@pytest.mark.parametrize("accepts", ["zh-CN", "zh-TW", "en"], ids=["Shanghai", "Taipei", "as set"])
def test_times_are_in_the_readers_zone(app, accepts):
    with app.test_request_context(headers={"Accept-Language": accepts}):
        moment = local(datetime(2029, 12, 31, 16, 0, tzinfo=UTC))

        assert (moment.day, moment.hour) == (1, 0)
        assert format_datetime(datetime(2029, 12, 31, 16, 0, tzinfo=UTC), "HH:mm") == "00:00"


@pytest.mark.parametrize(
    ("accepts", "zone"), [("zh-CN", "Asia/Shanghai"), ("zh-TW", "Asia/Taipei"), ("en", "Europe/London")]
)
def test_the_set_zone_is_for_those_who_read_english(app, monkeypatch, accepts, zone):
    monkeypatch.setitem(app.config, "BABEL_DEFAULT_TIMEZONE", "Europe/London")

    with app.test_request_context(headers={"Accept-Language": accepts}):
        assert str(local(datetime(2030, 1, 1, tzinfo=UTC)).tzinfo) == zone


@pytest.mark.parametrize(
    ("accepts", "words"),
    [("en", "This field is required."), ("zh-CN", "该字段是必填字段。"), ("zh-TW", "此欄位是必需的。")],
)
def test_forms_speak_the_readers_own_chinese(app, accepts, words):
    class AForm(PanelForm):
        name = StringField(validators=[InputRequired()])

    with app.test_request_context(headers={"Accept-Language": accepts}):
        form = AForm(formdata=None, data={})
        form.validate()

        assert form.name.errors == [words]


@pytest.mark.parametrize(
    ("language", "words"), [("zh_Hans_CN", "该字段是必填字段。"), ("zh_Hant_TW", "此欄位是必需的。")]
)
def test_what_is_wrong_with_a_record_is_said_in_the_readers_own_chinese(signed_in, language, words):
    browser = signed_in(Role.SUPERVISOR, language=language)

    page = browser.send("/admin/complaints/new/", {"content": ""}).text

    assert words in page


def test_a_catalogue_is_compiled_when_it_is_new_and_when_it_changed(tmp_path):
    source = tmp_path / "zh_Hans_CN/LC_MESSAGES/messages.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "Home"\nmsgstr "首页"\n', encoding="utf-8")

    assert message_catalogs.compile_stale(tmp_path) == 1
    assert message_catalogs.compile_stale(tmp_path) == 0
    assert "首页".encode() in source.with_suffix(".mo").read_bytes()

    later = source.with_suffix(".mo").stat().st_mtime + 1
    source.write_text('msgid "Home"\nmsgstr "主页"\n', encoding="utf-8")
    os.utime(source, (later, later))

    assert message_catalogs.compile_stale(tmp_path) == 1
    assert "主页".encode() in source.with_suffix(".mo").read_bytes()
    assert not list(tmp_path.rglob("*.new"))
