"""What people said of our answers, and who heard what was disputed.

Each ticket throws a die of its own, so that what is decided here moves nothing else of the demo.
"""

from collections.abc import Mapping
from random import Random

from demo.random_choices import one_of
from documents.tickets.channel import Channel
from documents.tickets.complaint import Complaint
from documents.tickets.dispute import NUMBERS, Outcome, Proceeding
from documents.tickets.rating import Rating, RatingRequest
from documents.tickets.states import State
from documents.tickets.ticket import Ticket
from documents.tickets.ticket_choices import Grade
from working_time.regions import Region

GRADES: Mapping[State, Mapping[Grade, float]] = {
    State.CONFIRMED: {Grade.VERY_SATISFIED: 0.4, Grade.SATISFIED: 0.45, Grade.FAIR: 0.15},
    State.DISSATISFIED: {Grade.DISSATISFIED: 0.7, Grade.VERY_DISSATISFIED: 0.3},
}
TOLD_ON = {Channel.EMAIL: 0.55, Channel.HOTLINE: 0.3, Channel.WECHAT: 0.15}
FORUMS = {
    Region.CN: {State.ARBITRATION: "上海仲裁委员会", State.LITIGATION: "上海市浦东新区人民法院"},
    Region.TW: {State.ARBITRATION: "中華民國仲裁協會", State.LITIGATION: "臺灣臺北地方法院"},
}
ABROAD = {
    State.ARBITRATION: "Shanghai International Arbitration Center",
    State.LITIGATION: "Shanghai Pudong New Area People's Court",
}


def judge(ticket: Ticket) -> None:
    """Let its person say what they think of each answer, as the steps of the ticket tell."""
    rng = _die(ticket)
    for move in ticket.moves:
        if move.state == State.ANSWERED:
            ticket.asked, ticket.satisfaction = (
                RatingRequest.MAIL if ticket.user else RatingRequest.NOBODY,
                None,
            )
        if move.state in GRADES:
            ticket.satisfaction = one_of(rng, GRADES[State(move.state)])
            channel = one_of(rng, TOLD_ON)
            ticket.grades.append(Rating(grade=ticket.satisfaction, channel=channel, at=move.at, by=move.by))


def hear(complaint: Complaint) -> None:
    """Name who heard a complaint that was disputed, under which number, and how it ended there."""
    rng, here = _die(complaint), None
    for move in complaint.moves:
        if here in NUMBERS:
            complaint.proceedings.append(
                Proceeding(stage=here, outcome=_ending(State(move.state)), at=move.at, by=move.by)
            )
        here = State(move.state)
        if here in NUMBERS:
            forum = FORUMS.get(complaint.region, ABROAD)[here]
            complaint.proceedings.append(Proceeding(stage=here, forum=forum, at=move.at, by=move.by))
            setattr(complaint, NUMBERS[here], f"{move.at:%Y}-{rng.randrange(100, 9_999)}")


def _ending(after: State) -> Outcome:
    return Outcome.NOT_HEARD if after == State.LITIGATION else Outcome.SETTLED


def _die(ticket: Ticket) -> Random:
    return Random(f"judged {ticket.id}")  # noqa: S311 — made-up data is to come out the same each time
