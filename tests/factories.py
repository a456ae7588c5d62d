"""People and what they said, made up for a test: `UserFactory(name="李雷")` is stored at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from documents.people.user import User
from documents.privacy.consent import Consent, GivenHow, Purpose
from documents.privacy.privacy_notice import COMPLETE, Clause, NoticeKind, PrivacyNotice, Topic
from documents.privacy.third_party import QUESTIONS, Fulfilment, ThirdParty
from documents.service.help_article import HelpArticle
from documents.service.price import Price
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.service_standard import ServiceStandard

MORNING = datetime(2030, 1, 2, 2, tzinfo=UTC)
"""Ten o'clock in Shanghai on a working day."""


class Stored(factory.Factory):
    """Whatever is made is saved, by whoever acts, at `now`."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type, *args: Any, now: datetime = MORNING, **fields: Any) -> Any:
        return model_class(*args, **fields).save(now=now)


class UserFactory(Stored):
    class Meta:
        model = User

    name = "李小明"
    email = factory.Sequence(lambda n: f"reader{n}@example.com")
    phone = factory.Sequence(lambda n: f"+86 138 0000 {n:04d}")


class ConsentFactory(Stored):
    class Meta:
        model = Consent

    user = factory.SubFactory(UserFactory)
    purpose = Purpose.MARKETING
    notice_version = "2026-01"
    given_how = GivenHow.ONLINE_FORM


class NoticeFactory(Stored):
    """A draft, complete in all languages."""

    class Meta:
        model = PrivacyNotice

    purpose = Purpose.MARKETING
    text_en = "We write to you about new lamps."
    text_zh_cn = "我们会写信告诉您新的灯具。"
    text_zh_tw = "我們會寫信告訴您新的燈具。"
    controller = "Nine Rivers Design"
    contact = "privacy@design.example"
    categories = ("user.name", "user.contact.email")


class TermsFactory(Stored):
    """A draft of the terms of service, complete but for what is new in it."""

    class Meta:
        model = PrivacyNotice

    kind = NoticeKind.TERMS
    text_en = "Terms of service"
    text_zh_cn = "服务条款"
    text_zh_tw = "服務條款"
    controller = "Nine Rivers Design"
    contact = "terms@design.example"

    @classmethod
    def _create(cls, model_class: type, *args: Any, news: bool = False, **fields: Any) -> Any:
        topics = [
            *COMPLETE[NoticeKind(fields.get("kind", NoticeKind.TERMS))],
            *([Topic.NEWS] if news else []),
        ]
        clauses = [
            Clause(
                topic=topic,
                text_en=f"{topic} in words.",
                text_zh_cn=f"{topic}条。",
                text_zh_tw=f"{topic}條。",
            )
            for topic in topics
        ]
        return super()._create(model_class, *args, **{"clauses": clauses, **fields})


class ThirdPartyFactory(Stored):
    """One that may receive data: with an agreement of both sides, and well assessed."""

    class Meta:
        model = ThirdParty

    name = factory.Sequence(lambda n: f"Parcel Service {n}")
    service = "Delivers furniture"
    agreement = "archive N/12"
    our_duties = "We send what is needed and nothing more."
    their_duties = "They keep it secret and delete it after delivery."
    agreement_from = MORNING - timedelta(days=400)

    @classmethod
    def _create(cls, model_class: type, *args: Any, now: datetime = MORNING, **fields: Any) -> Any:
        answer = fields.pop("answers", Fulfilment.YES)
        party = super()._create(model_class, *args, now=now, **fields)
        if answer:
            party.assess(now, **dict.fromkeys(QUESTIONS, answer))
        return party


class PriceFactory(Stored):
    """A draft, complete in all languages."""

    class Meta:
        model = Price

    service = "logo"
    currency = "CNY"
    amount = 12_000
    name_en, name_zh_cn, name_zh_tw = "Logo", "标志设计", "標誌設計"
    included_en, included_zh_cn, included_zh_tw = "Three drafts.", "三个方案。", "三個方案。"


class StandardFactory(Stored):
    """A draft, complete in all languages."""

    class Meta:
        model = ServiceStandard

    step = "reception"
    name_en, name_zh_cn, name_zh_tw = "Reception", "接待", "接待"
    duty_en, duty_zh_cn, duty_zh_tw = "Whoever is at the desk.", "前台。", "櫃台。"
    standard_en, standard_zh_cn, standard_zh_tw = "Greet within a minute.", "一分钟内问候。", "一分鐘內問候。"


class HelpFactory(Stored):
    """A draft, complete in all languages."""

    class Meta:
        model = HelpArticle

    slug = "reply"
    title_en, title_zh_cn, title_zh_tw = "How do I reply?", "如何回复？", "如何回覆？"
    text_en, text_zh_cn, text_zh_tw = "Open the ticket.", "打开工单。", "開啟案件。"


class FeedbackFactory(Stored):
    class Meta:
        model = Feedback

    words = "The drawer sticks."


class ComplaintFactory(Stored):
    class Meta:
        model = Complaint

    content = "The lamp hums."
