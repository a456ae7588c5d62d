"""The search index: kept by whoever writes, and made anew by a command."""

import pytest

from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.lists import search
from records.storage import search_tokens
from records.storage.audit import AuditEntry


@pytest.fixture(autouse=True)
def nothing_remembered(actor):
    search._common.clear()


def complaint(content: str) -> Complaint:
    return Complaint(content=content).save()


def found(text: str) -> set[str]:
    return {str(pk) for pk in search.ids(Complaint, text, 50)}


def test_both_scripts_of_chinese_find_each_other(database):
    here = complaint("客廳的燈具一直閃爍，要求退款")
    complaint("厨房的报价前后不一致")

    assert found("灯具") == found("燈具") == found("退款") == {str(here.pk)}


def test_every_word_must_be_there_and_the_rarest_is_looked_up(database):
    here = complaint("kitchen refund")
    for _n in range(5):
        complaint("kitchen")

    assert found("kitchen refund") == {str(here.pk)}
    (first, *_others) = search.condition(Complaint, "kitchen refund")["search"]["$all"]
    assert [first] == search_tokens.of_query("refund")


def test_what_was_just_saved_is_found_and_what_it_no_longer_says_is_not(database):
    here = complaint("a lamp")
    here.topic = "flickering"
    here.measures = "replaced"
    here.save()
    assert found("replaced") == {str(here.pk)}

    here.measures = "repaired"
    here.save()

    assert found("replaced") == set()
    assert found("repaired") == {str(here.pk)}


def test_the_newest_of_what_is_found_comes_first(database):
    records = [complaint("lamp") for _n in range(4)]

    assert search.ids(Complaint, "lamp", 3) == [one.pk for one in reversed(records)][:3]


def test_a_number_typed_whole_is_known_as_such(database):
    one, _other = complaint("lamp"), complaint(f"as said in {Complaint.prefix}-2029-000001")
    fields = {"number": 1}

    assert search.by_number(Complaint, one.number.lower(), {}, fields)["_id"] == one.pk
    assert search.by_number(Complaint, one.number, {"state": "closed"}, fields) is None
    assert search.by_number(Complaint, one.number[:-1], {}, fields) is None
    assert search.by_number(Complaint, "lamp", {}, fields) is None


def test_the_index_is_made_anew_where_it_is_wrong_and_nothing_else_changes(database):
    wrong, right = complaint("lamp"), complaint("lamp")
    person = User(name="Lin", email="lin@example.com").save()
    database.complaints.update_one({"_id": wrong.pk}, {"$set": {"search": [1, 2]}})
    database.users.update_one({"_id": person.pk}, {"$unset": {"search": ""}})
    before = {row["_id"]: row for row in database.complaints.find({}, {"search": 0})}
    entries = AuditEntry.objects.count()
    assert found("lamp") == {str(right.pk)}

    assert search.rebuild([Complaint, User]) == 2
    assert search.rebuild([Complaint, User]) == 0

    assert found("lamp") == {str(wrong.pk), str(right.pk)}
    assert search.ids(User, "lin@example.com", 5) == [person.pk]
    assert {row["_id"]: row for row in database.complaints.find({}, {"search": 0})} == before
    assert AuditEntry.objects.count() == entries


def test_making_the_index_anew_goes_on_where_it_was_stopped(database, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 2)
    records = [complaint("lamp") for _n in range(5)]
    database.complaints.update_many({}, {"$set": {"search": [1]}})

    class Killed(Exception):
        pass

    def killed(_name, done):
        if done >= 2:
            raise Killed

    with pytest.raises(Killed):
        search.rebuild([Complaint], killed)

    assert search.rebuild([Complaint]) == len(records) - 2


def test_a_record_saved_meanwhile_keeps_the_tokens_of_that(database):
    here = complaint("lamp")
    database.complaints.update_one({"_id": here.pk}, {"$set": {"search": [1]}})
    stale = Complaint.objects.get(pk=here.pk)
    here.reload()
    here.measures = "replaced"
    here.save()

    change = search._change(stale)
    database.complaints.bulk_write([change])

    assert found("replaced") == {str(here.pk)}
