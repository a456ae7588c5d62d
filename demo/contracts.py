"""The demo's user agreement and terms, who has agreed to which version, and the rules on how long is kept."""

from datetime import datetime, timedelta
from random import Random

from demo.customers import YEAR
from demo.random_choices import id_from
from demo.third_parties import CONTROLLER
from documents.people.user import User
from documents.privacy.agreement import Agreement
from documents.privacy.consent import GivenHow
from documents.privacy.privacy_notice import Clause, NoticeKind, NoticeState, PrivacyNotice, Topic
from documents.retention.four_eyes import ApprovalState
from documents.retention.retention_rule import RetentionRule
from records.storage.record import Record

SEED = 20260404
DAY = timedelta(days=1)
Words = tuple[str, str, str]
OPENINGS: dict[NoticeKind, Words] = {
    NoticeKind.AGREEMENT: (
        "This agreement says what you and Nine Rivers Design owe each other.",
        "本协议说明您与九川设计之间的权利和义务。",
        "本協議說明您與九川設計之間的權利和義務。",
    ),
    NoticeKind.TERMS: (
        "These terms hold for every design, delivery and repair we do for you.",
        "本条款适用于我们为您提供的所有设计、配送和维修服务。",
        "本條款適用於我們為您提供的所有設計、配送和維修服務。",
    ),
}
CLAUSES: dict[Topic, Words] = {
    Topic.RIGHTS: (
        "You may follow how the work goes, ask for changes, and complain whenever something is wrong.",
        "您有权了解项目进展、提出修改意见，并在出现问题时随时投诉。",
        "您有權了解專案進展、提出修改意見，並在出現問題時隨時申訴。",
    ),
    Topic.DUTIES: (
        "You tell us exactly what you need, agree to plans in time, and pay what was agreed.",
        "您应准确说明需求、及时确认方案，并按约定付款。",
        "您應準確說明需求、及時確認方案，並按約定付款。",
    ),
    Topic.DISPUTES: (
        "We talk first. If that does not help, the arbitration commission in Shanghai decides.",
        "双方首先友好协商；协商不成的，由上海仲裁委员会仲裁。",
        "雙方首先友好協商；協商不成的，由上海仲裁委員會仲裁。",
    ),
    Topic.SERVICE: (
        "We advise, design, deliver, install and repair, as the order says.",
        "我们按订单提供咨询、设计、配送、安装和维修服务。",
        "我們按訂單提供諮詢、設計、配送、安裝和維修服務。",
    ),
    Topic.FEES: (
        "The price list that is in force on the day of the order holds. Each change of the plan is priced first.",
        "以下单当日有效的价目表为准；方案的每次变更都会先行报价。",
        "以下單當日有效的價目表為準；方案的每次變更都會先行報價。",
    ),
    Topic.CHANGES: (
        "We write to you before these words change, and say what is new.",
        "内容变更前，我们会书面通知您并说明新增内容。",
        "內容變更前，我們會書面通知您並說明新增內容。",
    ),
    Topic.TERMINATION: (
        "You may end it at any time; what was made until then is paid. We end it only where you break it.",
        "您可随时终止，已完成的部分需付款；仅在您违约时我们才会终止。",
        "您可隨時終止，已完成的部分需付款；僅在您違約時我們才會終止。",
    ),
    Topic.NEWS: (
        "New: repairs within the warranty term are free of charge, travel included.",
        "新增：保修期内维修免费，含上门费用。",
        "新增：保固期內維修免費，含到府費用。",
    ),
}
OF_AGREEMENT = (Topic.RIGHTS, Topic.DUTIES, Topic.CHANGES, Topic.DISPUTES)
OF_TERMS = (Topic.SERVICE, Topic.FEES, Topic.CHANGES, Topic.TERMINATION)
AGREED, TO_THE_NEW = 0.9, 0.4
"""How many of all users have agreed, and of those to the new terms already."""


def contracts(now: datetime, users: list[User], officer: str) -> list[Record]:
    """What `officer` has published and ruled, and who has agreed to it; `users` are stored."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    older = _text(rng, now - 3 * YEAR * DAY, NoticeKind.TERMS, 1, OF_TERMS)
    older.state, older.superseded_at, older.in_force_for = NoticeState.SUPERSEDED, now - 20 * DAY, None
    newer = _text(rng, now - 20 * DAY, NoticeKind.TERMS, 2, (*OF_TERMS, Topic.NEWS))
    contract = _text(rng, now - 3 * YEAR * DAY, NoticeKind.AGREEMENT, 1, OF_AGREEMENT)
    agreements = [one for user in users for one in _agreements(rng, now, user, contract, older, newer)]
    return [contract, older, newer, *agreements, *_rules(rng, now, officer)]


def _text(
    rng: Random, published: datetime, kind: NoticeKind, version: int, topics: tuple[Topic, ...]
) -> PrivacyNotice:
    opening = OPENINGS[kind]
    text = PrivacyNotice(
        id=id_from(rng, published),
        created_at=published,
        number=f"{kind}-{version}",
        kind=kind,
        text_en=opening[0],
        text_zh_cn=opening[1],
        text_zh_tw=opening[2],
        clauses=[_clause(topic) for topic in topics],
        controller=CONTROLLER,
        contact="terms@ninerivers.example",
        state=NoticeState.PUBLISHED,
        published_at=published,
        review_at=published + 4 * YEAR * DAY,
        in_force_for=kind,
    )
    text.text_hash = text.fingerprint()
    return text


def _clause(topic: Topic) -> Clause:
    english, simplified, traditional = CLAUSES[topic]
    return Clause(topic=topic, text_en=english, text_zh_cn=simplified, text_zh_tw=traditional)


def _agreements(
    rng: Random,
    now: datetime,
    user: User,
    contract: PrivacyNotice,
    older: PrivacyNotice,
    newer: PrivacyNotice,
) -> list[Agreement]:
    if rng.random() > AGREED or user.relation_ended_at:
        return []
    at = max(user.created_at, contract.published_at)
    found = [_agreement(rng, user, contract, at), _agreement(rng, user, older, at)]
    if rng.random() < TO_THE_NEW:
        found[1].ended_at = now - timedelta(hours=rng.randrange(1, 400))
        found.append(_agreement(rng, user, newer, found[1].ended_at))
    return found


def _agreement(rng: Random, user: User, text: PrivacyNotice, at: datetime) -> Agreement:
    return Agreement(
        id=id_from(rng, at),
        created_at=at,
        user=user.pk,
        kind=text.kind,
        notice=text.pk,
        number=text.number,
        notice_hash=text.text_hash,
        given_how=GivenHow.SIGNED_PAPER,
        evidence=f"archive A/{rng.randrange(10**6):06d}",
    )


def _rules(rng: Random, now: datetime, officer: str) -> list[RetentionRule]:
    """One that holds, and one that waits for a second person."""
    asked = now - 90 * DAY
    longer = RetentionRule(
        id=id_from(rng, asked), created_at=asked, register="feedback", years=3,
        basis="Warranty term of three years", why="Feedback on a product is needed until its warranty ends.",
        valid_from=asked, state=ApprovalState.IN_FORCE, holds_from=asked, proposed_by="staff:officer",
        proposer=officer, begun_at=asked + DAY,
    )  # fmt: skip
    shorter = RetentionRule(
        id=id_from(rng, now - 2 * DAY), created_at=now - 2 * DAY, register="consents", years=2,
        basis="Data minimisation, PIPL art. 19", why="Nobody has asked for a consent older than two years.",
        valid_from=now + 30 * DAY, proposed_by="staff:officer", proposer=officer,
    )  # fmt: skip
    return [longer, shorter]
