"""How complaints are dealt with, as people see it: counted by quarter of the reader's calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bson import ObjectId

from documents.service.root_cause import RootCause
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.follow_up import FollowUp
from documents.tickets.ticket_choices import Grade
from reports.complaint_survey import complaint_survey

pytestmark = pytest.mark.usefixtures("database", "actor")

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YEAR = datetime(2029, 12, 31, 16, tzinfo=UTC)
"""Midnight in Shanghai."""
DAY, JUST = timedelta(days=1), timedelta(milliseconds=1)


def visit(at, grade=None, kind=Complaint, **facts):
    ticket = kind(pk=ObjectId(), number=f"C-{ObjectId()}")
    made = FollowUp.planned(ticket, at)
    made.created_at = at
    if grade:
        made.state, made.done_at, made.satisfaction, made.handling = "done", at, grade, grade
    for name, value in facts.items():
        setattr(made, name, value)
    return made.save(now=at)


def by_name(now, count=4):
    return {quarter.name: quarter for quarter in complaint_survey(now, SHANGHAI, count)}


@pytest.mark.clause("R70")
def test_grades_are_shared_out_by_quarter(now):
    for grade in (Grade.VERY_SATISFIED, Grade.VERY_SATISFIED, Grade.FAIR, Grade.DISSATISFIED):
        visit(NEW_YEAR - 20 * DAY, grade)
    visit(NEW_YEAR - 20 * DAY)

    quarter = by_name(now)["2029 Q4"]

    assert (quarter.asked, quarter.answered) == (5, 4)
    assert [quarter.share(grade) for grade in Grade] == [50, 0, 25, 25, 0]
    assert quarter.score == (5 + 5 + 3 + 2) / 4


@pytest.mark.parametrize(("at", "name"), [(NEW_YEAR - JUST, "2029 Q4"), (NEW_YEAR, "2030 Q1")])
def test_a_quarter_begins_at_midnight_of_the_reader(now, at, name):
    visit(at, Grade.FAIR)

    assert {quarter.name for quarter in by_name(now).values() if quarter.answered} == {name}


def test_only_what_people_said_of_a_complaint_counts(now):
    visit(NEW_YEAR - DAY, Grade.FAIR, kind=Feedback)
    visit(NEW_YEAR - DAY, Grade.FAIR, handling=None)

    quarter = by_name(now)["2029 Q4"]

    assert (quarter.asked, quarter.answered, quarter.score, quarter.share(Grade.FAIR)) == (1, 0, None, None)


def test_what_lies_before_the_first_quarter_is_left_out(now):
    visit(datetime(2029, 3, 31, 15, 59, tzinfo=UTC), Grade.FAIR)

    assert list(by_name(now)) == ["2030 Q1", "2029 Q4", "2029 Q3", "2029 Q2"]
    assert sum(quarter.answered for quarter in by_name(now).values()) == 0


@pytest.mark.clause("R69", "R70")
def test_the_main_causes_are_those_of_what_was_closed_then(now):
    for cause in (RootCause.PROCESS, RootCause.PROCESS, RootCause.SKILL, None):
        Complaint(content="It hums.", state="closed", cause=cause, closed_at=NEW_YEAR - DAY).save(
            now=NEW_YEAR - DAY
        )

    assert by_name(now)["2029 Q4"].causes.most_common() == [("process", 2), ("skill", 1)]


def test_three_aggregations_answer_however_many_quarters(now, commands):
    complaint_survey(now, SHANGHAI, 20)

    assert len(commands.sent) == 3
