"""Why people complain, and what is done about it."""

from datetime import timedelta

import pytest
from bson import ObjectId

from documents.service.corrective_action import CorrectiveAction
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from reports.root_causes import MANY, CauseLine, root_causes

pytestmark = pytest.mark.usefixtures("database", "actor")
DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


def complain(now, cause="design", **facts) -> None:
    Complaint(content="It hums.", cause=cause, **facts).save(now=now)


def measure(now, cause="design", **facts) -> None:
    facts = {"due_at": now + DAY, **facts}
    CorrectiveAction(what="Better lamps.", owner=ObjectId(), cause=cause, **facts).save(now=now)


@pytest.mark.clause("R69")
def test_each_root_cause_is_told_with_its_complaints_and_the_measures_against_it(now):
    complain(now)
    complain(now, cycle=2)
    complain(now, cycle=3, due_at=now - JUST, overdue_at=now)
    complain(now, cause="skill")
    complain(now, cause=None)
    measure(now)
    measure(now, due_at=now - JUST)
    measure(now, due_at=now - JUST, state="done")
    measure(now, state="dropped")

    assert root_causes(now - DAY, now) == [
        CauseLine("design", complaints=3, came_back=2, late=1, open=2, overdue=1, done=1),
        CauseLine("skill", complaints=1),
    ]


@pytest.mark.parametrize(("ago", "counted"), [(DAY, 1), (DAY + JUST, 0)])
def test_what_came_in_before_is_left_out(now, ago, counted):
    complain(now - ago)

    assert len(root_causes(now - DAY, now)) == counted


def test_feedback_is_no_complaint(now):
    Feedback(words="It sticks.", cause="design").save(now=now)

    assert root_causes(now - DAY, now) == []


@pytest.mark.clause("R69")
@pytest.mark.parametrize(
    ("complaints", "measures", "neglected"), [(MANY, 0, True), (MANY - 1, 0, False), (MANY, 1, False)]
)
def test_a_cause_of_many_complaints_that_nobody_does_anything_about_is_pointed_out(
    now, complaints, measures, neglected
):
    for _one in range(complaints):
        complain(now)
    for _one in range(measures):
        measure(now)

    assert root_causes(now - DAY, now)[0].is_neglected is neglected
