"""Who agreed to an older version is written to once, in their language; nobody else is."""

from datetime import timedelta

import pytest

from documents.conversation.message import Message
from documents.privacy.agreement import Agreement
from documents.privacy.consent import GivenHow
from documents.work.task import Task, TaskState
from jobs.notify_terms_change import TellChangedTerms
from records.storage import writer
from security.actor import Actor, act_as
from security.permissions import Role
from tests.factories import TermsFactory, UserFactory

DAY = timedelta(days=1)


OFFICER = Actor("system:officer", "Ann", frozenset({Role.COMPLIANCE}))


@pytest.fixture
def terms(now):
    made = TermsFactory(now=now - 100 * DAY)
    made.publish(now - 100 * DAY)
    return made


def agreed(terms, now, **facts):
    person = UserFactory(now=now, **facts)
    person.record_agreement(now, terms.pk, GivenHow.EMAIL, "inbox/1", read=True)
    return person


@pytest.fixture
def publish(now):
    """A new version, published by an officer."""

    def publish():
        with act_as(OFFICER):
            TermsFactory(news=True, now=now).publish(now)

    return publish


@pytest.mark.clause("R23")
def test_each_is_written_to_once_in_their_language(terms, run, now, publish):
    people = [
        agreed(terms, now - 90 * DAY, region=region, email=f"{region}@example.com".lower())
        for region in ("CN", "TW", None)
    ]
    publish()

    run("carry-out-tasks")

    task = Task.objects.get()
    assert (task.state, task.done) == (TaskState.DONE, 3)
    letters = {one.user: one for one in Message.objects}
    assert [letters[person.pk].subject for person in people] == [
        "我们的服务条款已更新", "我們的服務條款已更新", "Our terms of service has changed",
    ]  # fmt: skip
    assert "news条。" in letters[people[0].pk].text
    assert "terms-2" in letters[people[2].pk].text
    assert {one.told_of for one in Agreement.objects} == {"terms-2"}
    assert all(one.next_attempt_at for one in Message.objects)


def test_who_left_agreed_already_or_has_no_address_is_not_written_to(terms, run, now, publish):
    gone = agreed(terms, now - 90 * DAY)
    gone.relation_ended_at = now - DAY
    mute = agreed(terms, now - 90 * DAY, email=None)
    writer.save(gone, mute, now=now)
    UserFactory(now=now)
    publish()

    run("carry-out-tasks")

    assert Message.objects.count() == 0
    assert (Task.objects.get().done, Task.objects.get().failed) == (0, 1)


def test_many_are_told_in_batches(terms, run, now, publish, monkeypatch):
    monkeypatch.setattr(TellChangedTerms, "batch", 2)
    for _ in range(5):
        agreed(terms, now - 90 * DAY)
    publish()

    run("carry-out-tasks")

    assert (Task.objects.get().done, Message.objects.count()) == (5, 5)
