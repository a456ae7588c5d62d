"""What is typed finds what was written, whatever the script, the width or the case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runtime
from records.storage import search_tokens
from security.keyring import Keyring


@pytest.fixture(autouse=True)
def ring():
    runtime.configure(keyring=Keyring.new())


def finds(typed: str, text: str) -> bool:
    asked = search_tokens.of_query(typed)
    return bool(asked) and set(asked) <= set(search_tokens.hash_tokens(search_tokens.words(text)))


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("退款", "我們要求退款。"),
        ("退貨", "请尽快退货"),
        ("退货", "請儘快退貨"),
        ("客廳", "客厅的柜门装反了"),
        ("款", "我們要求退款。"),
        ("refund", "We want a REFUND."),
        ("ref", "We want a refund."),
        ("refund kitchen", "Kitchen: refund, please"),
        ("ｒｅｆｕｎｄ", "refund"),
        ("C-2026-000123", "C-2026-000123"),
        ("000123", "C-2026-000123"),
    ],
)
def test_words_are_found(typed, text):
    assert finds(typed, text)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("退貨", "我們要求退款。"),
        ("款退", "我們要求退款。"),
        ("fund", "We want a refund."),
        ("refund kitchen", "We want a refund."),
        ("", "anything"),
        ("!?", "anything"),
    ],
)
def test_what_is_not_there_is_not_found(typed, text):
    assert not finds(typed, text)


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("email", "Lin@Example.com ", "lin@example.com"),
        ("phone", "138 0013 8000", "+86 13800138000"),
        ("phone", "0912 345 678", "+886 912-345-678"),
    ],
)
def test_an_address_or_a_number_is_the_same_however_it_is_written(kind, one, other):
    assert search_tokens.identity(kind, one) == search_tokens.identity(kind, other)


def test_part_of_an_address_finds_nobody():
    assert search_tokens.identity("email", "lin@example.com") not in search_tokens.of_query("lin@example")
    assert search_tokens.identity("phone", "13800138000") not in search_tokens.of_query("1380013800")


def test_tokens_tell_nothing_without_the_key():
    before = search_tokens.of_query("退款")
    runtime.configure(keyring=Keyring.new())

    assert search_tokens.of_query("退款") != before


@given(st.text(max_size=80))
def test_any_text_is_found_by_itself_or_by_nothing(text):
    asked = search_tokens.query_terms(text)

    assert asked <= search_tokens.words(text)
