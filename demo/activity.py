"""The last days at the desk: evidence and notes, a merged pair, the same trouble again, tickets that wait,
colleagues who help, measures, and notices read and unread. All of it through the product's own verbs."""

import struct
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from demo.colleagues import Colleagues, as_actor
from documents.service.corrective_action import CorrectiveAction, MeasureKind
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.repeat_detection import link_recurrences
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Ticket
from documents.work.notification import Notification, NotificationKind, mark_read, notification, send
from records.declaration.actions import Upload
from records.storage import writer
from security.actor import act_as
from security.permissions import Role

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WITH_EVIDENCE, TAKEN, HELPED, NOTICES = 4, 12, 2, 9
OCCASIONS = {
    Role.STAFF: (NotificationKind.ASSIGNED, NotificationKind.NOTED, NotificationKind.DUE_SOON),
    Role.SUPERVISOR: (NotificationKind.OVERDUE, NotificationKind.LONG_OVERDUE),
}
MEASURES = ((MeasureKind.FIX, 40, 20), (MeasureKind.PROCESS, 30, -2), (MeasureKind.PRODUCT_PLAN, 20, 60))
"""How, entered how many days ago, and due in how many days from then on."""
DONE = "Hinges are checked on every handover since; no complaint of them since then."
WIDE, HIGH = 240, 160

WORDS = {
    "CN": {
        "photo": "现场照片.png", "shows": "安装后第二天拍的", "call": "通话记录.txt",
        "said": "10:20 电话沟通 12 分钟。客户希望周五之前有人上门。\n", "note": "已约周四下午上门，带上备用五金。",
        "ask": "请问是哪一处？方便的话请发一张照片。", "outside": "等供应商确认这批五金的批号。",
        "same": "电话里说的是同一件事，时间和房间都一致。", "again": "上个月修过的地方又出现了同样的问题。",
        "help": "请看一下图纸上的尺寸是否有误。", "better": "把交付前的五金检查写进验收清单。",
    },
    "TW": {
        "photo": "現場照片.png", "shows": "安裝後隔天拍的", "call": "通話紀錄.txt",
        "said": "10:20 電話溝通 12 分鐘。客戶希望週五前有人到府。\n", "note": "已約週四下午到府，帶備用五金。",
        "ask": "請問是哪一處？方便的話請傳一張照片。", "outside": "等供應商確認這批五金的批號。",
        "same": "電話裡說的是同一件事，時間和房間都一樣。", "again": "上個月修過的地方又出現一樣的問題。",
        "help": "請看一下圖面上的尺寸是否有誤。", "better": "把交屋前的五金檢查寫進驗收清單。",
    },
    "": {
        "photo": "on site.png", "shows": "Taken the day after the fitting", "call": "call notes.txt",
        "said": "10:20, twelve minutes on the phone. They would like a visit before Friday.\n",
        "note": "Visit agreed for Thursday afternoon; bring spare hinges.",
        "ask": "Which room is it? A photograph would help us.",
        "outside": "The supplier checks the batch of these hinges.",
        "same": "They called about the same thing; room and day are the same.",
        "again": "What you repaired last month shows the same fault again.",
        "help": "Please check the measures on the drawing.",
        "better": "Put a check of all hinges on the handover list.",
    },
}  # fmt: skip


def busy_days(now: datetime, staff: Colleagues) -> None:
    """Let it happen to tickets that are stored already."""
    complaints, feedback = _open(Complaint), _open(Feedback)
    for place, ticket in enumerate([*complaints[:WITH_EVIDENCE], *feedback[:WITH_EVIDENCE]]):
        with act_as(as_actor(_handler(ticket, staff))):
            _keep_papers(ticket, now - (place + 2) * HOUR)
    _wait(complaints[0], feedback[0], now - 3 * HOUR, staff)
    _merge(complaints[-1], now - 4 * HOUR, staff)
    _come_back(now - 5 * HOUR, staff)
    _work_together([*complaints[1:-1], *feedback[1:]], now - 6 * HOUR, staff)
    _do_better(now - 7 * HOUR, staff)
    for role, said in OCCASIONS.items():
        _tell(staff.accounts[role], said, [*complaints, *feedback], now)


def _open(kind: type[Ticket]) -> Sequence[Any]:
    """Tickets that somebody is at work on, of people we know, the newest first."""
    states = [State.ASSIGNED, State.INVESTIGATING, State.PROPOSED]
    wanted = {"user__ne": None, "assignee__ne": None, "source": None, "hold_reason": None}
    return list(kind.objects(closed_at=None, state__in=states, **wanted).order_by("-created_at").limit(TAKEN))


def _handler(ticket: Ticket, staff: Colleagues) -> Staff:
    return next(one for one in staff.everyone() if one.pk == ticket.assignee)


def _words(ticket: Ticket) -> dict[str, str]:
    return WORDS[ticket.region or ""]


def _keep_papers(ticket: Any, at: datetime) -> None:
    words = _words(ticket)
    ticket.attach(at, Upload(words["photo"], "image/png", _picture(ticket.number)), words["shows"])
    ticket.attach(at, Upload(words["call"], "text/plain", words["said"].encode()))
    ticket.add_note(at, words["note"])


def _wait(complaint: Any, feedback: Any, at: datetime, staff: Colleagues) -> None:
    """One waits for a supplier, one for the person who wrote."""
    with act_as(as_actor(_handler(complaint, staff))):
        if complaint.state != State.INVESTIGATING:
            complaint.investigate(at)
        complaint.wait_outside(at, _words(complaint)["outside"])
    with act_as(as_actor(_handler(feedback, staff))):
        if feedback.state == State.PROPOSED:
            feedback.investigate(at)
        feedback.ask(at, _words(feedback)["ask"])


def _merge(main: Any, at: datetime, staff: Colleagues) -> None:
    """The same thing said twice, in writing and by telephone."""
    with act_as(as_actor(_handler(main, staff))):
        double = Complaint(
            user=main.user, content=main.content, kind=main.kind, region=main.region, channel=Channel.HOTLINE
        ).save(now=at)
        double.merge(at, merged_into=main.pk, note=_words(main)["same"])


def _come_back(at: datetime, staff: Colleagues) -> None:
    """What was settled this month is there again."""
    closed = {"state": State.CLOSED, "closed_at__gt": at - 25 * DAY, "user__ne": None, "source": None}
    before: Any = Complaint.objects(**closed).order_by("-closed_at").first()
    with act_as(as_actor(_handler(before, staff))):
        again = Complaint(
            user=before.user, content=_words(before)["again"], kind=before.kind, region=before.region,
            channel=before.channel,
        ).save(now=at)  # fmt: skip
        others = link_recurrences([again], at)
        again.watched_at = at
        writer.save(again, *others, now=at)


def _work_together(tickets: Sequence[Any], at: datetime, staff: Colleagues) -> None:
    """Who signs in as a member of staff is asked for help by others."""
    helper = staff.accounts[Role.STAFF]
    for ticket in [one for one in tickets if one.assignee != helper.pk][:HELPED]:
        with act_as(as_actor(_handler(ticket, staff))):
            ticket.bring_in(at, helper.pk, _words(ticket)["help"])


def _do_better(at: datetime, staff: Colleagues) -> None:
    """Three root causes, one measure against each; one is done, and one should be."""
    owner = staff.accounts[Role.SUPERVISOR]
    known = Complaint.objects(state=State.CLOSED, cause__ne=None, anonymised_at=None).order_by("-closed_at")
    of_cause = {one.cause: one for one in known.limit(100)}
    with act_as(as_actor(owner)):
        for (how, since, days), one in zip(MEASURES, of_cause.values(), strict=False):
            one.improve(at - since * DAY, how, _words(one)["better"], owner.pk, at + days * DAY)
        CorrectiveAction.objects(ticket__ne=None).order_by("created_at").first().finish(at, DONE)


def _tell(person: Staff, said: Sequence[NotificationKind], tickets: Sequence[Ticket], now: datetime) -> None:
    """What somebody has been told of late; the older half of it they have read."""
    told = [
        notification(
            f"demo:{person.pk}:{n}", said[n % len(said)], one.collection_name(), one.pk, one.number,
            now - (3 * n + 1) * HOUR, [person.pk],
        )
        for n, one in enumerate(tickets[:NOTICES])
    ]  # fmt: skip
    send(told)
    stored = list(Notification.objects(key__in=[one["key"] for one in told]).order_by("created_at"))
    mark_read(person.pk, [one.pk for one in stored[: len(stored) // 2]])


def _picture(number: str) -> bytes:
    """A small picture, another one for each number: light from a corner on a coloured wall."""
    hue = zlib.crc32(number.encode())
    colour = [90 + (hue >> shift) % 120 for shift in (0, 8, 16)]
    rows = b"".join(
        b"\x00"
        + bytes(part * (HIGH + WIDE - y - x // 2) // (HIGH + WIDE) for x in range(WIDE) for part in colour)
        for y in range(HIGH)
    )
    header = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
