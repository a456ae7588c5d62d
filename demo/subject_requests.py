"""What people ask about their own data, and who looked at it: through the product's own verbs, as it happened."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from demo.colleagues import Colleagues, as_actor
from documents.people.user import User
from documents.privacy.pii_access import PiiAccess
from documents.privacy.statutory_deadline import Law
from documents.privacy.subject_request import IdentityCheck, Right, SubjectRequest
from documents.tickets.complaint import Complaint
from security.actor import act_as
from security.permissions import Role

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAWS = {"CN": [Law.PIPL, Law.GBT], "TW": [Law.PIPL], "": [Law.PIPL, Law.GDPR]}
WORDS = {
    "CN": {
        "know": "请告诉我贵公司保存了我的哪些信息，用在什么地方。", "copy": "请把我的个人信息导出一份给我。",
        "correct": "我的手机号换了，请更正。", "delete": "我不再合作了，请删除我的全部资料。",
        "restrict": "投诉没有结论之前，请不要再使用我的资料。", "seen": "用登记的手机号回拨，核对了最近一次订单。",
        "told": "已书面说明我们保存的信息、用途和保存期限。",
    },
    "TW": {
        "know": "請告訴我貴公司保存了我哪些資料，用在哪裡。", "copy": "請匯出一份我的個人資料給我。",
        "correct": "我的手機號碼換了，請更正。", "delete": "我不再合作了，請刪除我的全部資料。",
        "restrict": "申訴沒有結論之前，請不要再使用我的資料。", "seen": "以登記的手機號碼回撥，核對了最近一筆訂單。",
        "told": "已書面說明我們保存的資料、用途與保存期限。",
    },
    "": {
        "know": "Which of my data do you keep, and what for?", "copy": "Please send me a copy of all my data.",
        "correct": "I have a new phone number, please change it.", "delete": "Please delete everything about me.",
        "restrict": "Please leave my data alone until my complaint is settled.",
        "seen": "Called back on the number we know; they named their last order.",
        "told": "We wrote to them what we keep, why and for how long.",
    },
}  # fmt: skip
LOOKS = ((30, True, "回电确认上门时间"), (27, False, "核对收件地址"), (11, False, "看一下"), (5, True, ""))
"""How many hours ago somebody looked, whether their ticket was theirs, and why they looked."""


def rights(now: datetime, users: Sequence[User], staff: Colleagues) -> None:
    """One request of each sort, some answered, one overdue, one with a plan of erasure that a second
    officer is to approve; and looks at personal data that are to be looked over. All are stored already."""
    known = [user for user in users if not user.hold_reason and not user.relation_ended_at]
    asking = iter(known[len(known) // 2 :])
    officer = staff.accounts[Role.COMPLIANCE]
    with act_as(as_actor(officer)):
        told = _asked(next(asking), Right.KNOW, now - 24 * DAY)
        told.close(now - 17 * DAY, _words(told, "told"), granted=True)
        late = _asked(next(asking), Right.RESTRICT, now - 41 * DAY)
        late.assignee = officer
        late.save(now=now - 40 * DAY)
        _asked(next(asking), Right.DELETE, now - 2 * DAY).plan_erasure(now - 1 * DAY)
        _asked(next(asking), Right.COPY, now - 6 * DAY)
        _asked(next(asking), Right.CORRECT, now - 3 * HOUR, known=False)
    _look(now, staff)


def _asked(user: User, right: Right, at: datetime, *, known: bool = True) -> SubjectRequest:
    """A request as it came in; where they are `known`, the day after we had made sure who asks."""
    request = SubjectRequest(right=right, user=user, received_at=at, profiles=LAWS[user.region or ""])
    request.words = _words(request, right.value, user)
    request.save(now=at)
    if known:
        request.acknowledge(at + 5 * HOUR)
        request.identify(at + DAY, IdentityCheck.KNOWN_ADDRESS, _words(request, "seen", user))
    return request


def _words(request: SubjectRequest, name: str, user: User | None = None) -> str:
    region = (user or User.objects(pk=request.user).first()).region or ""
    return WORDS[region][name]


def _look(now: datetime, staff: Colleagues) -> None:
    """Some look for tickets of their own, some for nobody's; all are still to be looked over."""
    tickets = Complaint.objects(closed_at=None, assignee__ne=None, user__ne=None).order_by("created_at")
    handlers = {one.pk: one for one in staff.everyone()}
    for (hours, is_theirs, why), ticket in zip(LOOKS, tickets, strict=False):
        at = now - hours * HOUR
        with act_as(as_actor(handlers[ticket.assignee])):
            user = User.objects.get(pk=ticket.user)
            PiiAccess.keep(user, {"name", "phone"}, why, ticket.number if is_theirs else "", at)
