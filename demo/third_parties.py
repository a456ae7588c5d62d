"""The demo's notices, and the partners who receive data: agreed with, assessed, given to, and asked back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle
from random import Random

from demo.customers import YEAR
from demo.random_choices import id_from
from documents.people.user import User
from documents.privacy.consent import Consent, ConsentState
from documents.privacy.data_recall import ANSWER_WITHIN, DataRecall, RecallReason, RecallState
from documents.privacy.data_sharing import DataSharing
from documents.privacy.privacy_notice import Category, NoticeState, PrivacyNotice
from documents.privacy.third_party import QUESTIONS, Assessment, Fulfilment, ThirdParty, points
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.declaration.record import Governed
from records.legal_hold import LegalHold

SEED = 20260102
DAY = timedelta(days=1)
CONTROLLER = "Nine Rivers Design"
WORDS = {
    Purpose.MARKETING: (
        "We tell you about new products, at most twice a month. You can take this back at any time.",
        "我们会告诉您新产品的消息，每月最多两次。您可以随时撤回同意。",
        "我們會告訴您新產品的消息，每月最多兩次。您可以隨時撤回同意。",
    ),
    Purpose.PORTFOLIO: (
        "We show pictures of the finished work in our portfolio, without your name and address.",
        "我们会在作品集中展示完工照片，不含您的姓名和地址。",
        "我們會在作品集中展示完工照片，不含您的姓名和地址。",
    ),
    Purpose.RESEARCH: (
        "We ask you now and then how you live with what we made. No answer is used with your name.",
        "我们会不时询问您的使用感受。任何回答都不会与您的姓名一起使用。",
        "我們會不時詢問您的使用感受。任何回答都不會與您的姓名一起使用。",
    ),
    Purpose.SHARING: (
        "We give your name, phone number and address to the companies that deliver and install.",
        "我们会将您的姓名、电话和地址提供给负责配送和安装的公司。",
        "我們會將您的姓名、電話和地址提供給負責配送和安裝的公司。",
    ),
}
PARTNERS = (
    ("Swift Parcel", "Delivers furniture", "Suzhou", Fulfilment.YES, 1400),
    ("Level & Plumb", "Installs kitchens and lamps", "Taichung", Fulfilment.YES, 1100),
    ("Paper Crane Print", "Prints our catalogues and addresses them", "Shenzhen", Fulfilment.PARTLY, 300),
)
SHARED_OF, SHARED = "name, phone number, address", "delivery of what was ordered"


@dataclass(frozen=True)
class Partners:
    """All of it, in the order in which it is stored."""

    notices: list[PrivacyNotice]
    parties: list[ThirdParty]
    sharings: list[DataSharing]
    recalls: list[DataRecall]


def partners(now: datetime, users: list[User], consents: list[Consent], officer: str) -> Partners:
    """What `officer` has kept of partners and notices; `users` are stored, so they have numbers."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    parties = [_party(rng, now, officer, *facts) for facts in PARTNERS]
    numbers = {user.pk: user.number for user in users}
    shared = [
        one for one in consents if one.purpose == Purpose.SHARING and one.is_written and one.user in numbers
    ]
    sharings = [
        _sharing(rng, consent, numbers[consent.user], party, officer)
        for consent, party in zip(shared, cycle(parties[:2]), strict=False)
        if consent.state != ConsentState.REFUSED and consent.created_at > party.agreement_from
    ]
    taken_back = {one.pk: one.ended_at for one in shared if one.state == ConsentState.WITHDRAWN}
    recalls = [
        _recall(rng, now, one, taken_back[one.consent]) for one in sharings if one.consent in taken_back
    ]
    return Partners([_notice(rng, now, purpose) for purpose in WORDS], parties, sharings, recalls)


def holds(now: datetime, held: list[Governed], officer: str) -> list[LegalHold]:
    """A hold in the register for each record that is shown as held."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    return [
        LegalHold(
            id=id_from(rng, record.created_at),
            name=str(record),
            register=record.collection_name(),
            record=record.pk,
            person=record.subject_id(),
            reason=record.hold_reason,
            placed_by=officer,
            created_at=min(record.created_at + 5 * DAY, now),
            review_at=now + (number * 9 - 6) * DAY,
        )
        for number, record in enumerate(held)
    ]


def _notice(rng: Random, now: datetime, purpose: Purpose) -> PrivacyNotice:
    published = now - YEAR * DAY
    notice = PrivacyNotice(
        id=id_from(rng, published),
        created_at=published,
        purpose=purpose,
        text_en=WORDS[purpose][0],
        text_zh_cn=WORDS[purpose][1],
        text_zh_tw=WORDS[purpose][2],
        controller=CONTROLLER,
        contact="privacy@ninerivers.example",
        categories=[Category.NAME, Category.EMAIL, Category.PHONE],
        storage="Shanghai",
        kept_for="3 years",
        valid_days=2 * YEAR if purpose in NEED_CONSENT else None,
        state=NoticeState.PUBLISHED,
        published_at=published,
        in_force_for=purpose,
    )
    notice.text_hash = notice.fingerprint()
    return notice


def _party(
    rng: Random, now: datetime, officer: str, name: str, service: str, place: str, answer: Fulfilment, days: int
) -> ThirdParty:  # fmt: skip
    agreed, assessed = now - days * DAY, now - 200 * DAY
    answers = dict.fromkeys(QUESTIONS, answer)
    done = Assessment(
        at=assessed,
        by=officer,
        score=points(answers),
        answers={name: one.value for name, one in answers.items()},
    )
    return ThirdParty(
        id=id_from(rng, agreed),
        created_at=agreed,
        name=name,
        service=service,
        location=place,
        agreement=f"archive N/{days}",
        our_duties="We give them what the order needs and nothing more, and tell them of every recall.",
        their_duties="They keep it secret, use it for the order alone, and delete it 30 days after.",
        agreement_from=agreed,
        agreement_until=agreed + 5 * YEAR * DAY,
        score=done.score,
        assessed_at=assessed,
        next_assessment_at=assessed + (365 if answer is Fulfilment.YES else 90) * DAY,
        assessments=[done],
    )


def _sharing(rng: Random, consent: Consent, number: str, party: ThirdParty, officer: str) -> DataSharing:
    made_at: datetime = consent.created_at
    ended_at: datetime | None = consent.ended_at
    at = made_at + timedelta(hours=20)
    if ended_at:
        at = min(at, ended_at - timedelta(hours=1))
    return DataSharing(
        id=id_from(rng, at),
        created_at=at,
        user=consent.user,
        user_number=number,
        third_party=party.pk,
        what=SHARED_OF,
        why=SHARED,
        consent=consent.pk,
        agreement=party.agreement,
        shared_at=at,
        shared_by=officer,
        recalled_at=consent.ended_at if consent.state == ConsentState.WITHDRAWN else None,
    )


def _recall(rng: Random, now: datetime, sharing: DataSharing, ended: datetime) -> DataRecall:
    answered = ended + 6 * DAY
    is_answered = answered < now
    return DataRecall(
        id=id_from(rng, ended),
        created_at=ended,
        user=sharing.user,
        user_number=sharing.user_number,
        third_party=sharing.third_party,
        why=RecallReason.WITHDRAWN,
        sharings=1,
        answer_by=ended + ANSWER_WITHIN,
        state=RecallState.ACKNOWLEDGED if is_answered else RecallState.OPEN,
        asked_at=ended + DAY if is_answered else None,
        asked_how="letter" if is_answered else None,
        acknowledged_at=answered if is_answered else None,
        evidence="archive N/certificates" if is_answered else None,
    )
