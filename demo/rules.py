"""What this company rules for itself: a deadline of its own, days off, and who is away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from demo.colleagues import Colleagues
from documents.conversation.canned_reply import CannedReply
from documents.conversation.message import MessageKind
from documents.deadlines.calendar_override import CalendarDay
from documents.deadlines.deadline_rule import DeadlineRule
from documents.staff.absence import Absence
from records.storage.record import Record
from security.permissions import Role

LONG_AGO = timedelta(days=800)
"""Before the oldest ticket came in, so that all of them were promised by these."""


def house_rules(now: datetime) -> Sequence[Record]:
    """One rule and one day, entered before anything came in."""
    began = now - LONG_AGO
    price = DeadlineRule(
        name="Price complaints, as agreed with accounting",
        register="complaints",
        kind="price",
        acknowledgement=2,
        first_response=4,
        progress=16,
        resolution=40,
        why="Accounting answers within three days, so five are enough.",
        created_at=began,
    )
    typhoon = CalendarDay(
        calendar="TW",
        day=f"{now:%Y}-07-10",
        reason="Typhoon: the city government closed offices",
        created_at=began,
    )
    return [price, typhoon, *_replies(began)]


def _replies(began: datetime) -> Sequence[Record]:
    """What is written most often, in the three languages."""
    received = CannedReply(
        name="Received, and what happens next",
        english="Thank you for writing to us. Your number is {number}; we answer by {due}.\n\n{handler}",
        simplified="感谢您的来信。您的编号是 {number}，我们将于 {due} 前答复您。\n\n{handler}",
        traditional="感謝您的來信。您的編號是 {number}，我們將於 {due} 前回覆您。\n\n{handler}",
        created_at=began,
    )
    visit = CannedReply(
        name="We come and look",
        english="About {number}: we should like to come and look. Which day suits you?\n\n{handler}",
        simplified="关于 {number}：我们想上门查看，请问您哪天方便？\n\n{handler}",
        traditional="關於 {number}：我們想到府查看，請問您哪天方便？\n\n{handler}",
        created_at=began,
    )
    survey = CannedReply(
        name="How we dealt with a complaint",
        use=MessageKind.SURVEY,
        english=(
            "A week ago we closed {number}. How satisfied are you with how we dealt with it? Please answer "
            "with a number from 1, very dissatisfied, to 5, very satisfied."
        ),
        simplified=(
            "{number} 已于一周前办结。您对我们的处理过程满意吗？请回复 1 至 5 的数字：1 为非常不满意，5 为非常满意。"
        ),
        traditional=(
            "{number} 已於一週前結案。您對我們的處理過程滿意嗎？請回覆 1 至 5 的數字：1 為非常不滿意，5 為非常滿意。"
        ),
        created_at=began,
    )
    price = CannedReply(
        name="What a logo costs",
        english="About {number}: {price_logo_design}. It includes what the price list names.\n\n{handler}",
        simplified="关于 {number}：{price_logo_design}，包含价目表所列内容。\n\n{handler}",
        traditional="關於 {number}：{price_logo_design}，包含價目表所列內容。\n\n{handler}",
        created_at=began,
    )
    return [received, visit, survey, price]


def absences(now: datetime, staff: Colleagues) -> Sequence[Record]:
    """One handler is on leave these days, and a colleague stands in."""
    away, deputy, *_others = staff.handling("zh_CN")
    return [
        Absence(
            staff=away,
            starts_at=now - timedelta(days=2),
            ends_at=now + timedelta(days=5),
            deputy=deputy,
            note="Annual leave",
            created_at=now - timedelta(days=20),
        )
    ]


def name_superiors(staff: Colleagues) -> None:
    """Let each handler have a deputy, the next of the same language, and a supervisor. In memory only."""
    for group in staff.handlers.values():
        for number, handler in enumerate(group):
            handler.deputy = group[(number + 1) % len(group)]
            handler.supervisor = staff.accounts[Role.SUPERVISOR]
