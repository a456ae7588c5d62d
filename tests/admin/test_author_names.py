"""Who did what, in a reader's words: no name of a job or a command stands on a page."""

from datetime import UTC, datetime

import pytest

from documents.conversation.message import MessageKind
from documents.people.user import User
from documents.tickets.complaint import Complaint
from language.languages import Language
from records.job_state import JobState
from security.actor import Actor, act_as
from security.permissions import Role

AUTOMATIC, BY_HAND = "Automatic: Send word of progress", "Command line: an import"


@pytest.fixture(autouse=True)
def _timetable(app):
    JobState(name="progress-notices", label="Send word of progress").save()


@pytest.fixture
def written(app):
    """A complaint that a command brought in, and whose person a job wrote to."""
    with act_as(Actor.command("import")):
        li = User(name="李雷", email="li@example.com").save()
        ticket = Complaint(content="The lamp hums.", user=li).save(now=datetime.now(UTC))
    with act_as(Actor.job("progress-notices")):
        ticket.write("We are at work on it.", Language.ENGLISH, datetime.now(UTC), MessageKind.PROGRESS)
    return ticket


@pytest.mark.parametrize("view", ["details", "timeline", "do/reply"])
def test_what_ran_by_itself_is_called_by_its_title(signed_in, written, view):
    text = signed_in(Role.SUPERVISOR).get(f"/admin/complaints/{view}/?id={written.pk}").text

    assert AUTOMATIC in text
    assert BY_HAND in text
    assert "progress-notices" not in text


def test_in_the_list_of_messages_as_well(signed_in, written):
    text = signed_in(Role.SUPERVISOR).get("/admin/messages/").text

    assert AUTOMATIC in text
    assert "progress-notices" not in text


def test_in_the_readers_language(signed_in, written):
    browser = signed_in(Role.SUPERVISOR)
    browser.send("/language", {"language": "zh_Hans_CN", "next": "/admin/"})

    assert "发送进度通报" in browser.get(f"/admin/complaints/details/?id={written.pk}").text


def test_a_job_that_is_no_more_keeps_its_name(signed_in, written):
    JobState.objects.delete()

    assert (
        "Automatic: progress-notices"
        in signed_in(Role.SUPERVISOR).get(f"/admin/complaints/details/?id={written.pk}").text
    )
