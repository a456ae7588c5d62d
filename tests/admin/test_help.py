"""The help centre: found from every page, in the reader's language, with where people reach us."""

from datetime import UTC, datetime

import pytest

from documents.service.contact_point import ContactPoint
from documents.service.help_feedback import totals
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import HelpFactory


@pytest.fixture
def articles(app, actor):
    """Two articles in force and a draft."""
    now = datetime.now(UTC)
    for facts in (
        {"about": "complaints"},
        {
            "slug": "colours", "kind": "guide", "title_en": "Which colours?", "title_zh_cn": "用什么颜色？",
            "title_zh_tw": "用什麼顏色？", "text_en": "Blue, mostly.",
        },
    ):  # fmt: skip
        HelpFactory(**facts).approve(now)
    HelpFactory(slug="draft", title_en="Not yet")


@pytest.fixture
def reader(signed_in, articles):
    return signed_in(Role.STAFF)


@pytest.mark.clause("R41")
def test_what_is_published_is_there_for_everybody_and_drafts_are_not(reader):
    page = reader.get("/admin/help/").text

    assert "How do I reply?" in page
    assert "Which colours?" in page
    assert "Not yet" not in page
    assert reader.get("/admin/help/draft/").status_code == 404


@pytest.mark.clause("R41")
@pytest.mark.parametrize(("words", "found"), [("mostly", "Which colours?"), ("回复", "How do I reply?")])
def test_articles_are_found_by_their_words_in_any_language(reader, words, found):
    page = reader.get("/admin/help/", query_string={"search": words}).text

    titles = {title for title in ("How do I reply?", "Which colours?") if title in page}
    assert titles == {found}


@pytest.mark.clause("R41")
@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "如何回复？"), ("zh-TW", "如何回覆？"), ("en", "How do I reply?")]
)
def test_an_article_is_read_in_the_readers_language(reader, language, title):
    assert title in reader.get("/admin/help/reply/", headers={"Accept-Language": language}).text


@pytest.mark.clause("R41")
@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("/admin/complaints/", "/admin/help/?about=complaints"),
        ("/admin/complaints/new/", "/admin/help/?about=complaints"),
        ("/admin/queue/", "/admin/help/"),
    ],
)
def test_every_page_leads_to_the_help_on_what_it_shows(reader, page, link):
    assert f'href="{link}"' in reader.get(page).text


def test_the_help_on_a_register_holds_what_is_about_it(reader):
    page = reader.get("/admin/help/?about=complaints").text

    assert "How do I reply?" in page
    assert "Which colours?" not in page


@pytest.mark.clause("R41")
def test_whether_it_helped_is_counted_once_a_person_by_their_last_word(reader, signed_in):
    other = signed_in(Role.AUDITOR)

    for browser, word in ((reader, "no"), (reader, "yes"), (other, "no")):
        assert browser.send("/admin/help/reply/", {"helped": word}).status_code == 302

    assert totals("reply") == (1, 1)
    assert "It helped 1 person" in reader.get("/admin/help/reply/").text


@pytest.mark.parametrize(("slug", "word", "answer"), [("reply", "perhaps", 400), ("nowhere", "yes", 404)])
def test_no_other_answer_is_kept(reader, slug, word, answer):
    assert reader.send(f"/admin/help/{slug}/", {"helped": word}).status_code == answer
    assert totals(slug) == (0, 0)


@pytest.mark.clause("R41", "R58")
def test_the_telephone_number_for_complaints_stands_first(reader):
    with act_as(Actor.command("test")):
        ContactPoint(purpose="service", phone="400 555 0199").save()
        ContactPoint(purpose="complaints", phone="400 555 0100", hours_en="Monday to Friday").save()

    page = reader.get("/admin/help/").text

    assert page.index("<strong>400 555 0100</strong>") < page.index("400 555 0199")
    assert "Monday to Friday" in page
