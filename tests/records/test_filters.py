"""What an address asks of a list, and which records answer."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from mongoengine import EmbeddedDocumentField, IntField, ListField, StringField

from documents.people.user import User
from documents.tickets.complaint import Complaint
from language.words import Choice
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Policy
from records.declaration.record import Governed
from records.declaration.registry import register, unregister
from records.declaration.subdocument import Subdocument
from records.lists.filters import BadFilter, FilterForbidden, TooManyMatches, filters_of, query
from security.actor import Actor, act_as
from security.permissions import Role

TAIPEI = ZoneInfo("Asia/Taipei")
DAY = timedelta(days=1)


class Colour(Choice):
    RED = "red"
    BLUE = "blue"


class Step(Subdocument):
    colour = StringField(choices=list(Colour))
    at = UTCDateTimeField()


class Parcel(Governed):
    """One field of each sort that a list can be narrowed by."""

    policy = Policy(
        title="Parcels", singular="Parcel", group="Tests", label="name",
        filters=("colour", "colours", "weight", "name", "sent_at", "user", "steps.colour", "steps.at"),
    )  # fmt: skip
    name = StringField()
    colour = StringField(choices=list(Colour))
    colours = ListField(StringField(choices=list(Colour)))
    weight = IntField()
    sent_at = UTCDateTimeField()
    user = ReferenceIdField("users")
    steps = ListField(EmbeddedDocumentField(Step))

    meta = {"collection": "parcels"}


@pytest.fixture
def ask(database, actor, now):
    """Ask the parcels for what an address says, and get their names."""
    register(Parcel)

    def names(**asked) -> str:
        given = {name: value if isinstance(value, list) else [value] for name, value in asked.items()}
        found = database.parcels.find(query(Parcel, given, now, TAIPEI), {"name": 1}).sort("name")
        return "".join(row["name"] for row in found)

    yield names
    unregister(Parcel)


def parcel(name: str, **fields) -> Parcel:
    return Parcel(name=name, **fields).save()


def test_several_values_of_one_filter_are_alternatives_and_two_filters_hold_together(ask):
    parcel("a", colour="red", weight=1)
    parcel("b", colour="blue", weight=1)
    parcel("c", colour="red", weight=2)

    assert ask(colour="red") == "ac"
    assert ask(colour=["red", "blue"]) == "abc"
    assert ask(colour="red", weight_from="2") == "c"


def test_empty_finds_what_has_no_value_alone_or_beside_others(ask):
    parcel("a", colour="red", colours=["red"])
    parcel("b")
    parcel("c", colour="blue", colours=[])

    assert ask(colour="empty") == "b"
    assert ask(colour=["empty", "red"]) == "ab"
    assert ask(colours="empty") == "bc"
    assert ask(sent_at="empty", colour="red") == "a"


def test_one_of_a_list_is_enough(ask):
    parcel("a", colours=["red", "blue"])
    parcel("b", colours=["blue"])

    assert ask(colours="red") == "a"
    assert ask(colours=["red", "blue"]) == "ab"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"weight_from": "2"}, "bc"),
        ({"weight_to": "2"}, "ab"),
        ({"weight_from": "2", "weight_to": "2"}, "b"),
        ({"weight": ["1", "3"]}, "ac"),
    ],
)
def test_numbers_are_asked_by_range_or_value(ask, asked, found):
    for name, weight in (("a", 1), ("b", 2), ("c", 3)):
        parcel(name, weight=weight)

    assert ask(**asked) == found


def test_a_day_is_a_day_where_the_reader_is(ask):
    midnight = datetime(2029, 12, 31, 16, tzinfo=UTC)  # the first of January begins in Taipei
    second = timedelta(seconds=1)
    for name, at in (
        ("a", midnight - second),
        ("b", midnight),
        ("c", midnight + DAY - second),
        ("d", midnight + DAY),
    ):
        parcel(name, sent_at=at)

    assert ask(sent_at="today") == "bc"
    assert ask(sent_at_from="2030-01-01", sent_at_to="2030-01-01") == "bc"
    assert ask(sent_at="yesterday") == "a"
    assert ask(sent_at_from="2030-01-02") == "d"


def test_fields_inside_others_are_asked_by_their_path(ask, now):
    parcel("a", steps=[Step(colour="red", at=now - 9 * DAY), Step(colour="blue", at=now + 9 * DAY)])
    parcel("b", steps=[Step(colour="blue", at=now)])

    assert ask(**{"steps.colour": "red"}) == "a"
    assert ask(**{"steps.colour": ["red", "blue"]}) == "ab"
    assert ask(**{"steps.at": "today"}) == "b", "no two steps of different days may make up one day"


def test_a_person_is_found_by_number_phone_and_address(ask):
    people = [
        User(name=f"Lin {n}", phone=f"1380013800{n}", email=f"lin{n}@example.com").save() for n in range(3)
    ]
    for name, person in zip("abc", people, strict=True):
        parcel(name, user=person.pk)
    parcel("d")

    assert ask(user=str(people[0].pk)) == "a"
    assert ask(user_search="1380013 8001") == "b"
    assert ask(user_search="LIN2@example.com") == "c"
    assert ask(user_search=people[1].number) == "b"
    assert ask(user_search="nobody@example.com") == ""
    assert ask(user="empty") == "d"


def test_words_are_looked_for_only_among_records_that_the_reader_may_pick(ask):
    person = User(name="Lin", email="lin@example.com").save()
    parcel("a", user=person.pk)

    for roles in (frozenset({Role.AUDITOR}), frozenset[Role]()):
        with act_as(Actor("staff:x", "Ben", roles)):
            if roles:
                assert ask(user_search="lin@example.com") == "a"
            else:
                with pytest.raises(FilterForbidden):
                    ask(user_search="lin@example.com")
            assert ask(user=str(person.pk)) == "a", "what the list shows anyway narrows it for everybody"


def test_words_that_stand_for_too_many_people_are_refused_rather_than_cut(ask, monkeypatch):
    monkeypatch.setattr("records.lists.filters.MAX_REFERENCED", 1)
    for _n in range(2):
        User(name="Lin").save()

    with pytest.raises(TooManyMatches):
        ask(user_search="U-0000")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "green"),
        ("steps.colour", "green"),
        ("weight", "many"),
        ("weight_from", "nan"),
        ("weight_to", "inf"),
        ("sent_at", "someday"),
        ("sent_at_from", "2030-02-30"),
        ("sent_at_to", "9999-12-31"),
        ("user", "Lin"),
    ],
)
def test_what_a_filter_does_not_understand_is_refused_by_name(now, name, value):
    with pytest.raises(BadFilter) as refused:
        query(Parcel, {name: [value]}, now, TAIPEI)
    assert refused.value.value == value


def test_words_that_no_filter_knows_change_nothing(now):
    assert query(Parcel, {"tracker": ["x"], "colour": [""]}, now, TAIPEI) == {}


def test_overdue_is_asked_of_the_stored_time_to_the_second(database, now):
    assert "overdue" in filters_of(Complaint)
    second = timedelta(seconds=1)
    database.complaints.insert_many(
        [
            {"number": "late", "due_at": now - second},
            {"number": "now", "due_at": now},
            {"number": "early", "due_at": now + second},
            {"number": "settled", "due_at": now - second, "closed_at": now},
            {"number": "unpromised"},
        ]
    )

    def numbers(value):
        found = database.complaints.find(query(Complaint, {"overdue": [value]}, now, TAIPEI))
        return {row["number"] for row in found}

    assert numbers("1") == {"late"}
    assert numbers("0") == {"now", "early", "settled", "unpromised"}


def test_two_conditions_on_one_moment_stay_one_flat_question(now):
    asked = {"overdue": ["1"], "due_at_from": ["2029-12-01"]}

    found = query(Complaint, asked, now, TAIPEI)

    assert found["due_at"].keys() == {"$gte", "$lt"}
    assert found["closed_at"] is None
