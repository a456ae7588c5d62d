"""The list of a register: what it shows, what it costs, and that its address says it all."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from admin.home import notification_badge, overdue_badge
from admin.pages import counts
from documents.people.user import User
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from records.lists import paging, reference_labels, scan
from records.storage import keys
from security.permissions import Role

LIST = "/admin/complaints/"
LATER = timedelta(days=30)


@pytest.fixture
def reader(signed_in, actor):
    """A supervisor, and nothing remembered from another test."""
    counts.forget()
    reference_labels._remembered.clear()
    paging.forget_sizes()
    return signed_in(Role.SUPERVISOR)


def numbers(page) -> list[str]:
    """The numbers of the rows, in order."""
    return re.findall(r'details/\?id=[0-9a-f]{24}"[^>]*>(C-\d{4}-\d{6})<', page.text)


def link(page, rel: str) -> str:
    return unescape(re.search(rf'href="([^"]+)" rel="{rel}"', page.text)[1])


def many(count: int, **fields) -> list[Complaint]:
    return [Complaint(content="燈具一直閃爍", **fields).save() for _n in range(count)]


def test_a_list_is_walked_by_its_links_and_shows_every_record_once(reader):
    stored = [one.number for one in reversed(many(45))]

    first = reader.get(LIST)
    second = reader.get(link(first, "next"))
    third = reader.get(link(second, "next"))

    assert numbers(first) + numbers(second) + numbers(third) == stored
    assert 'rel="next"' not in third.text
    assert numbers(reader.get(link(third, "previous"))) == numbers(second)
    assert numbers(reader.get(link(third, "first"))) == numbers(first)
    assert numbers(reader.get(link(first, "last"))) == stored[-20:]


@pytest.fixture
def nothing_else_counted(monkeypatch):
    """What stands in the frame of every page is counted anew each ten seconds, whatever is being tested."""
    monkeypatch.setattr(overdue_badge, "text", lambda: "")
    monkeypatch.setattr(notification_badge, "badge", lambda: None)


def test_a_page_takes_three_commands_in_all_whatever_its_columns(reader, commands, nothing_else_counted):
    colleagues = [Staff(name=f"Ann {n}", email=f"a{n}@example.com", roles=["staff"]).save() for n in range(3)]
    people = [User(name=f"Lin {n}").save() for n in range(20)]
    for n, person in enumerate(people):
        Complaint(content="lamp", user=person.pk, assignee=colleagues[n % 3].pk).save()
    reader.get(LIST)
    keys.forget()
    commands.forget()

    page = reader.get(LIST)

    assert len(numbers(page)) == 20
    who = [("aggregate", "sessions")]
    page_and_people = [("aggregate", "complaints"), ("find", "users")]
    assert sorted(commands.sent) == sorted([*who, *page_and_people, ("find", "data_keys")])
    commands.forget()
    reader.get(LIST)
    assert sorted(commands.sent) == sorted([*who, *page_and_people])


def test_only_what_is_shown_is_read(reader, commands):
    many(1, measures="replaced", contact_phone="13800138000")
    commands.forget()

    reader.get(LIST)

    (pipeline,) = [body["pipeline"] for body in commands.bodies if body.get("aggregate") == "complaints"]
    fields = pipeline[-1]["$project"]
    assert {"number", "content", "due_at"} <= fields.keys()
    assert not {"measures", "contact_phone", "search", "moves"} & fields.keys()


def test_the_count_and_what_each_choice_leaves_come_after_the_page_in_two_commands(reader, commands):
    many(2, priority="high")
    many(1, priority="low", channel="hotline")
    assert "data-count-url" in reader.get(LIST).text
    commands.forget()

    answer = reader.get(f"{LIST}count/?priority=high").json

    asked = [name for name in commands.sent if name[1] == "complaints"]
    assert asked == [("aggregate", "complaints")] * 2
    assert answer["text"] == "2"
    assert answer["facets"]["priority"]["high"] == "2"
    assert answer["facets"]["priority"]["low"] == "1", "its own choice does not narrow a filter"
    assert answer["facets"]["channel"]["hotline"] == "0", "every other filter does"
    assert "data-count-url" in reader.get(LIST).text


def test_one_count_of_the_choices_answers_for_whatever_is_chosen_of_them_next(reader, commands):
    many(2, priority="high")
    many(1, priority="low", channel="hotline")
    reader.get(f"{LIST}count/")
    commands.forget()

    low = reader.get(f"{LIST}count/?priority=low").json["facets"]
    neither = reader.get(f"{LIST}count/?channel=empty&priority=low&priority=high").json["facets"]

    assert [name for name in commands.sent if name[1] == "complaints"] == [("aggregate", "complaints")] * 2
    assert (low["channel"]["hotline"], low["priority"]["high"]) == ("1", "2")
    assert (neither["channel"]["hotline"], neither["priority"]["low"]) == ("1", "0")


def test_of_very_many_the_choices_are_counted_among_the_newest(reader, monkeypatch):
    monkeypatch.setattr(counts, "MOST", 2)
    person = User(name="Lin").save()
    many(3)
    many(1, user=person.pk)

    whole = reader.get(f"{LIST}count/").json["facets"]["priority"]
    assert (whole["normal"], whole["urgent"]) == ("2+", "")
    assert reader.get(f"{LIST}count/?user={person.pk}").json["facets"]["priority"]["normal"] == "1"


def test_what_is_not_found_within_reach_is_said_and_looked_for_further(reader, monkeypatch):
    monkeypatch.setattr(scan, "SMALL_COLLECTION", -1)
    monkeypatch.setattr(scan, "MAX_KEYS_SCANNED", 2)
    (wanted,) = many(1, channel="hotline", priority="high")
    for _n in range(4):
        many(1, channel="hotline")
        many(1, priority="high")
    found = []

    page = reader.get(f"{LIST}?channel=hotline&priority=high")
    assert "Nothing found as far as" in page.text
    for _page in range(10):
        found += numbers(page)
        onwards = re.search(r'<a href="([^"]+)">Go on looking</a>', page.text)
        if not onwards:
            break
        page = reader.get(unescape(onwards[1]))

    assert found == [wanted.number]
    assert "Go on looking" not in page.text


def test_the_overdue_stand_in_the_order_of_their_promises(reader):
    now = datetime.now(UTC)
    overdue = [many(1, due_at=now - timedelta(days=n))[0].number for n in (1, 3, 2)]
    many(1, due_at=now + LATER)

    assert numbers(reader.get(f"{LIST}?overdue=1")) == [overdue[1], overdue[2], overdue[0]]


def test_a_number_typed_whole_comes_before_what_only_mentions_it(reader):
    wanted, *_others = many(3)
    mention = Complaint(content=f"as in {wanted.number}").save()

    page = reader.get(f"{LIST}?search={wanted.number.lower()}")

    assert numbers(page)[:2] == [wanted.number, mention.number]
    assert numbers(page).count(wanted.number) == 1


def test_either_script_finds_the_other(reader):
    many(1)
    Complaint(content="报价前后不一致").save()

    assert len(numbers(reader.get(f"{LIST}?search=灯具"))) == 1
    assert len(numbers(reader.get(f"{LIST}?search=報價"))) == 1


def test_complaints_are_found_by_the_phone_of_who_complains(reader):
    person = User(name="Lin", phone="13800138000").save()
    (theirs,) = many(1, user=person.pk)
    many(1)

    page = reader.get(f"{LIST}?user_search=%2B86 138 0013 8000")

    assert numbers(page) == [theirs.number]


def test_the_address_keeps_all_that_was_asked_and_each_part_can_be_taken_back(reader):
    many(1, priority="high", channel="hotline")

    page = reader.get(f"{LIST}?priority=high&priority=urgent&channel=hotline&sort=due_at&size=50")

    removing = [unescape(url) for url in re.findall(r'class="chosen">.*?href="([^"]+)"', page.text)]
    assert len(removing) == 3
    assert all("sort=due_at" in url and "size=50" in url for url in removing)
    assert sum("priority=high" in url for url in removing) == 2


@pytest.mark.parametrize(
    "words",
    [
        "priority=nope",
        "created_at=someday",
        "user=Lin",
        "due_at_from=2026-02-30",
        "after=nonsense",
        "before=W10",
    ],
)
def test_an_address_that_makes_no_sense_is_answered_in_words(reader, words):
    answer = reader.get(f"{LIST}?{words}")

    assert answer.status_code == 400


def test_a_reference_to_what_was_erased_breaks_nothing(reader, database):
    person = User(name="Lin").save()
    many(1, user=person.pk)
    database.users.delete_one({"_id": person.pk})

    page = reader.get(LIST)

    assert page.status_code == 200
    assert "(erased)" in page.text


def test_looking_up_offers_the_newest_and_then_what_was_typed(reader):
    people = [User(name=f"Lin {n}", phone=f"1380013800{n}").save() for n in range(3)]
    url = "/admin/users/ajax/lookup/"

    assert [label for _pk, label in reader.get(url).json] == [one.number for one in reversed(people)]
    assert reader.get(f"{url}?query=13800138001").json == [[str(people[1].pk), people[1].number]]
    assert reader.get(f"{url}?query=nobody").json == []
