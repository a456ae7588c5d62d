"""One customer with everything: 林美華, every kind of consent event, and tickets told step by step.

Her story is written through the product's own verbs, by the colleagues who acted and at the times
they did, so that her history reads like a real one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from demo.agreements import VALID_FOR, Event, answer
from demo.colleagues import Colleagues, as_actor
from demo.customers import YEAR, Customer
from demo.random_choices import ZONE, id_from
from demo.texts import Voice
from documents.people.user import CustomerClass, Relation, Source, User, UserKind
from documents.privacy.consent import Consent, ConsentState, Purpose
from documents.service.root_cause import RootCause
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint, ComplaintKind
from documents.tickets.feedback import Feedback, FeedbackKind, Screening
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Priority, StateChange, Ticket
from documents.tickets.ticket_choices import Frequency, Grade, Impact, NotValid
from security.actor import act_as
from security.permissions import Role

PROJECT = "大安區老公寓翻新"

Deed = tuple[int, int, Staff, Callable[[datetime], object]]
"""How many days ago, at what hour, who did what."""


@dataclass
class Story:
    """Her records as they were when each was new, and what happened to them since."""

    customer: Customer
    consents: list[Consent]
    tickets: list[Ticket]
    deeds: list[Deed]


def tell(story: Story, now: datetime) -> None:
    """Let everything happen that happened, in its order; the records are stored already."""
    for days, hour, member, deed in sorted(story.deeds, key=lambda deed: (-deed[0], deed[1])):
        with act_as(as_actor(member)):
            deed(_at(now, days, hour))


def lin_meihua(rng: Random, now: datetime, voice: Voice, staff: Colleagues) -> Story:
    """Her story up to `now`, not yet told."""
    manager, colleague = staff.handlers["zh_TW"][:2]
    since = _at(now, 2 * YEAR + 90, 10)
    user = User(
        id=id_from(rng, since),
        created_at=since,
        kind=UserKind.INDIVIDUAL,
        relation=Relation.CONSUMER,
        name="林美華",
        region=voice.region,
        phone="0912-000-318",
        email="meihua.lin@example.com",
        project_needs=f"{PROJECT}，屋齡三十五年，水電全換；婆婆同住，浴室要無障礙。",
        design_preferences="想保留老磨石子地板，木皮選淺色。",
        source=Source.CONTRACT,
        source_note=f"室內設計委任契約 {since:%Y-%m}",
        account_manager=manager,
    )
    story = Story(Customer(user, voice, "interior", PROJECT), _consents(rng, now, user, manager.name), [], [])
    _changes(story, manager, staff.accounts[Role.COMPLIANCE])
    _complaints(rng, now, story, manager, staff.accounts[Role.COMPLIANCE])
    _feedback(rng, now, story, manager, colleague)
    return story


def _at(now: datetime, days: int, hour: int) -> datetime:
    """So many days before `now`, at `hour` o'clock and some minutes by her clock."""
    there = (now - timedelta(days=days)).astimezone(ZONE)
    return there.replace(hour=hour, minute=days * 7 % 60).astimezone(UTC)


def _consents(rng: Random, now: datetime, user: User, recorder: str) -> list[Consent]:
    """Given, refused, renewed, run out; the one for marketing is withdrawn as the story is told."""
    created: datetime = user.created_at
    given = (ConsentState.GIVEN, created + timedelta(minutes=20))
    sharing_until = created + VALID_FOR[Purpose.SHARING]
    marketing_from, portfolio_until = _at(now, 300, 9), _at(now, 20, 9)
    answers: list[tuple[Purpose, list[Event], datetime | None]] = [
        (Purpose.DESIGN_SERVICE, [given], None),
        (Purpose.BUSINESS, [given], None),
        (Purpose.RESEARCH, [(ConsentState.REFUSED, given[1])], None),
        (Purpose.SHARING, [given, (ConsentState.RENEWED, sharing_until - timedelta(days=12))], sharing_until),
        (
            Purpose.MARKETING,
            [(ConsentState.GIVEN, marketing_from)],
            marketing_from + VALID_FOR[Purpose.MARKETING],
        ),
        (
            Purpose.PORTFOLIO,
            [(ConsentState.GIVEN, _at(now, 20 + YEAR, 9)), (ConsentState.EXPIRED, portfolio_until)],
            portfolio_until,
        ),
    ]
    return [answer(rng, user, purpose, events, until, recorder) for purpose, events, until in answers]


def _changes(story: Story, manager: Staff, officer: Staff) -> None:
    user = story.customer.user
    marketing = next(consent for consent in story.consents if consent.purpose == Purpose.MARKETING)
    wishes = "磨石子地板保留，木皮改深色，廚房要墨綠。"
    story.deeds += [
        (395, 16, manager, _setting(user, "回訪時客戶表示喜好改變", design_preferences=wishes)),
        (210, 14, manager, _setting(user, "第二個案子簽約", customer_class=CustomerClass.KEY)),
        (60, 11, manager, _setting(user, "客戶更換手機門號", phone="0928-000-318")),
        (40, 15, officer, _noting(marketing.withdraw, "客戶來信撤回，已於當日停止寄送")),
    ]


def _complaints(rng: Random, now: datetime, story: Story, manager: Staff, officer: Staff) -> None:
    user = story.customer.user

    def complain(at: datetime, **facts: Any) -> Complaint:
        contact = {"contact_name": user.name, "contact_phone": user.phone, "contact_email": user.email}
        complaint = Complaint(**_received(rng, user, at), **contact, place="台北大安", **facts)
        story.tickets.append(complaint)
        return complaint

    delay = complain(
        _at(now, 410, 9), kind=ComplaintKind.DELAY, channel=Channel.HOTLINE, topic="水電進場延後",
        content="水電師傅比約定晚了九天才進場，後面的泥作全部往後延，我租屋處只租到月底。",
        wanted="請給新的進度表，並補貼多付的房租。",
    )  # fmt: skip
    leak = complain(
        _at(now, 45, 9), kind=ComplaintKind.QUALITY, priority=Priority.HIGH, channel=Channel.EMAIL, topic="浴室防水漏水",
        content="交屋不到半年，樓下鄰居說天花板在滴水，師傅來看過兩次都說是公共管線的問題。",
        wanted="請第三方檢測，如果是施工問題就全額負責修復。",
    )  # fmt: skip
    mailing = complain(
        _at(now, 12, 9), kind=ComplaintKind.PRIVACY, priority=Priority.HIGH, channel=Channel.WEBSITE,
        topic="停止行銷仍收到簡訊", content="上個月已經撤回行銷同意，這週又收到兩封簡訊，退訂連結也打不開。",
        wanted="立刻停止，並說明資料有沒有給其他廠商。",
    )  # fmt: skip
    complain(
        now - timedelta(hours=2), kind=ComplaintKind.PRICE, channel=Channel.OTHER, topic="保固期內收費",
        content="廚房龍頭保固期內漏水，來修的師傅收了 1,200 元的車馬費，契約上沒有這一條。", wanted="退還車馬費。",
    )  # fmt: skip
    finding = "檢測認定防水層破損，本公司負責重做浴室；樓下天花板建議由保險處理。"
    story.deeds += [
        (410, 11, manager, delay.screen),
        (410, 15, manager, _handing(delay, manager)),
        (408, 14, manager, delay.investigate),
        (406, 16, manager, _noting(delay.propose, "加開週六工班，補貼一個月房租。")),
        (405, 10, manager, _noting(delay.answer, "已電話說明並寄出新的進度表。")),
        (401, 15, manager, partial(delay.confirm, satisfaction=Grade.SATISFIED)),
        (
            400,
            11,
            manager,
            _noting(
                delay.close,
                "房租補貼已匯款，結案。",
                cause=RootCause.SUPPLIER,
                measures="水電工班改為簽約保證到場日，並備有替代工班。",
            ),
        ),
        (45, 11, manager, leak.screen),
        (45, 14, manager, _handing(leak, manager)),
        (44, 10, manager, leak.investigate),
        (44, 11, manager, _noting(leak.add_note, "樓下住戶願意配合，週三下午可以進屋看。")),
        (33, 16, manager, _noting(leak.answer, finding, delay_reason="第三方檢測要排隊兩週。")),
        (30, 11, manager, _noting(leak.dissatisfy, "客戶不接受樓下天花板走保險，要求一併修復。")),
        (26, 15, officer, _noting(leak.negotiate, "約雙方到公司面談，主管與法務出席。")),
        (12, 10, officer, mailing.screen),
        (12, 14, officer, _handing(mailing, officer)),
        (11, 11, officer, _noting(mailing.ask, "請客戶提供兩封簡訊的截圖。")),
    ]


def _feedback(rng: Random, now: datetime, story: Story, manager: Staff, colleague: Staff) -> None:
    def say(at: datetime, kind: FeedbackKind, channel: Channel, words: str, **facts: Any) -> Feedback:
        feedback = Feedback(
            **_received(rng, story.customer.user, at), kind=kind, channel=channel, words=words, **facts
        )
        story.tickets.append(feedback)
        return feedback

    thanks = say(
        _at(now, 380, 9), FeedbackKind.RATING, Channel.OTHER, score=5,
        words="張先生每次來之前都會先打電話，婆婆也很喜歡新的扶手位置。",
    )  # fmt: skip
    album = say(
        _at(now, 200, 9), FeedbackKind.SUGGESTION, Channel.WEBSITE, words="希望每次到場的照片可以整理成相簿。"
    )
    again = say(
        _at(now, 199, 9), FeedbackKind.SUGGESTION, Channel.WEBSITE,
        words="照片相簿的建議，怕上次沒有送出，再送一次。",
    )  # fmt: skip
    hinge = say(
        _at(now, 24, 9), FeedbackKind.QUALITY, Channel.HOTLINE, frequency=Frequency.OFTEN, impact=Impact.MEDIUM,
        words="廚房抽屜的緩衝五金會卡，好像跟報價單上的型號不一樣。",
    )  # fmt: skip
    say(
        now - timedelta(hours=5), FeedbackKind.USAGE, Channel.WEBSITE, frequency=Frequency.ALWAYS, impact=Impact.HIGH,
        words="線上保固登錄頁按送出沒有反應。",
    )  # fmt: skip
    story.deeds += [
        (380, 11, colleague, _handing(thanks, manager)),
        (380, 15, manager, thanks.investigate),
        (379, 10, manager, _noting(thanks.answer, "已致謝，並轉知同仁。")),
        (378, 16, manager, _noting(thanks.close, "已轉達，結案。")),
        (200, 14, colleague, _handing(album, colleague)),
        (198, 11, colleague, album.investigate),
        (
            190,
            15,
            colleague,
            _noting(
                album.answer, "已納入下一版客戶專區的規劃，完成後通知。", delay_reason="需要產品部門評估。"
            ),
        ),
        (199, 11, colleague, again.screen),
        (199, 14, colleague, _noting(again.drop, "重複反映，併入先前案件。", screening=NotValid.REPEATED)),
        (24, 11, colleague, _handing(hinge, manager)),
        (22, 15, manager, hinge.investigate),
    ]


def _received(rng: Random, user: User, at: datetime) -> dict[str, Any]:
    received = [StateChange(state=State.RECEIVED, at=at)]
    return {"id": id_from(rng, at), "created_at": at, "user": user.pk, "moves": received}


def _noting(verb: Callable[..., None], note: str, **answers: object) -> Callable[[datetime], None]:
    return lambda at: verb(at, note, **answers)


def _handing(ticket: Ticket, to: Staff) -> Callable[[datetime], None]:
    """Hand the ticket to a colleague, who tells the customer so."""

    def hand(at: datetime) -> None:
        ticket.assignee, ticket.responded_at = to, at
        if isinstance(ticket, Feedback):
            ticket.screening = Screening.VALID
        if isinstance(ticket, Complaint):
            ticket.responsible_department = "客戶服務部"
        ticket.assign(at)

    return hand


def _setting(user: User, reason: str, **values: object) -> Callable[[datetime], object]:
    def change(at: datetime) -> object:
        for name, value in values.items():
            setattr(user, name, value)
        return user.save(now=at, reason=reason)

    return change
