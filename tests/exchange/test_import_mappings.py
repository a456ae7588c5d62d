"""A mapping is checked to the last word before a row is read."""

import copy

import pytest

import documents  # noqa: F401 — registers what can be imported into
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from exchange.importing import ImportRefused, builtin_mappings, load_mapping, parse_mapping

GOOD = {
    "into": "complaints",
    "source": "elsewhere",
    "key": "No.",
    "zone": "Asia/Taipei",
    "dates": ["%Y/%m/%d"],
    "fields": {
        "content": "Text",
        "place": ["City", "Street"],
        "channel": {"column": "How", "values": {"PHONE": "hotline"}, "otherwise": "other"},
        "priority": {"value": "high"},
    },
}


def test_what_a_mapping_reads_is_each_column_once():
    assert parse_mapping(GOOD).columns == ("No.", "Text", "City", "Street", "How")


def test_the_mappings_that_come_along_are_good():
    assert {name: load_mapping(name).kind for name in builtin_mappings()} == {
        "nyc311": Complaint,
        "takeaway-reviews": Feedback,
    }


def test_a_mapping_may_be_a_file_of_ones_own(tmp_path):
    file = tmp_path / "ours.toml"
    file.write_text('into = "feedback"\nsource = "fair"\n[fields]\nwords = "話"\n', encoding="utf-8")

    assert load_mapping(str(file)).columns == ("話",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no mapping {path}: no file is called so, and those that come along are "),
        (b"into = ", "The mapping ours.toml cannot be read: "),
        (b"\xff", "The mapping ours.toml cannot be read: "),
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused_in_one_sentence(tmp_path, content, sentence):
    file = tmp_path / "ours.toml"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ImportRefused) as refused:
        load_mapping(str(file))
    assert str(refused.value).startswith(sentence.format(path=file))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("colour", "red", "colour is not known."),
        ("sorce", "x", "sorce is not known; did you mean source?"),
        ("into", "complaint", "into is “complaint”, which takes in no files; did you mean complaints?"),
        ("into", "tombstones", "into is “tombstones”, which takes in no files."),
        ("source", "", "source is missing or no text."),
        ("source", "x" * 41, "source is longer than 40 characters."),
        ("key", 3, "key is missing or no text."),
        ("zone", "Taipei", "zone is “Taipei”, and a zone looks like Asia/Shanghai."),
        ("zone", 8, "zone is “8”, and a zone looks like Asia/Shanghai."),
        ("dates", "%Y", "dates is no list of texts."),
        ("dates", ["%Y-%Q"], "dates has “%Y-%Q”, and a form looks like %Y-%m-%d %H:%M."),
        ("empty", [1], "empty is no list of texts."),
        ("fields", {}, "fields says which field comes from which column, and is missing."),
        ("fields", {"topic": "Type"}, "fields has no content, and no record is without one."),
        ("fields.contnet", "Text", "fields.contnet is not known; did you mean content?"),
        ("fields.number", "No.", "fields.number is not known."),
        ("fields.moves", "Steps", "fields.moves is not known."),
        ("fields.hold_reason", "Why", "fields.hold_reason is not known."),
        ("fields.place", {"colum": "City"}, "fields.place.colum is not known; did you mean column?"),
        ("fields.place", {}, "fields.place needs exactly one of column, join and value."),
        (
            "fields.place",
            {"column": "A", "join": ["B"]},
            "fields.place needs exactly one of column, join and value.",
        ),
        ("fields.place", 7, "fields.place is missing or no text."),
        ("fields.place", [7], "fields.place is no list of texts."),
        ("fields.place", {"join": ["A"], "between": 1}, "fields.place.between is no text."),
        (
            "fields.channel.values",
            {"PHONE": "hotlin"},
            "fields.channel.values.PHONE is “hotlin”, which is not one of website, app, forum, weibo, wechat, "
            "douyin, store-box, event, hotline, email, chat, other; did you mean hotline?",
        ),
        (
            "fields.channel.values",
            ["PHONE"],
            'fields.channel.values says what each word means, as in { THERE = "here" }.',
        ),
        ("fields.channel.otherwise", True, "fields.channel.otherwise is neither a text nor a whole number."),
        (
            "fields.priority.value",
            "max",
            "fields.priority.value is “max”, which is not one of urgent, high, normal, low.",
        ),
    ],
)
def test_a_wrong_mapping_is_refused_in_one_sentence_that_names_the_key(path, value, problem):
    table = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place = table
    for parent in parents:
        place = place[parent]
    place[last] = value

    with pytest.raises(ImportRefused) as refused:
        parse_mapping(table)
    assert str(refused.value) == f"In the mapping, {problem}"


def test_a_score_may_only_mean_a_whole_number():
    table = {"into": "feedback", "source": "fair", "fields": {"words": "W", "score": {"value": "good"}}}

    with pytest.raises(ImportRefused, match=r"fields\.score\.value is “good”, which is no whole number"):
        parse_mapping(table)
