"""Guesses which column of a foreign file holds what, from its names and from what stands in it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mongoengine import IntField, StringField

from documents.declaration.fields import EncryptedString, Moment
from documents.importing.mapping import STATE_SINCE
from documents.importing.mappingfile import importable
from documents.lists import tokens
from documents.tickets.ticket import Ticket

KEY = "#key"
"""Where a column's guess is that it holds the number that a row has there."""
ENOUGH = 0.6
"""The share of filled cells that must look alike before their looks count."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    KEY: (
        "id",
        "no",
        "number",
        "key",
        "case",
        "ticket",
        "reference",
        "编号",
        "单号",
        "序号",
        "工单号",
        "流水号",
    ),
    "content": (
        "description",
        "details",
        "text",
        "complaint",
        "message",
        "内容",
        "描述",
        "投诉内容",
        "详情",
        "问题",
    ),
    "words": ("review", "comment", "text", "feedback", "message", "评价", "评论", "内容", "反馈", "意见"),
    "created_at": (
        "created",
        "date",
        "opened",
        "received",
        "time",
        "日期",
        "时间",
        "创建时间",
        "提交时间",
        "受理时间",
    ),
    "closed_at": ("closed", "resolved", "finished", "关闭时间", "结案时间", "办结时间", "完成时间"),
    "due_at": ("due", "deadline", "截止", "期限", "到期时间"),
    "contact_name": ("name", "customer", "person", "姓名", "客户", "联系人", "投诉人", "称呼"),
    "contact_phone": ("phone", "mobile", "telephone", "tel", "电话", "手机", "联系电话", "手机号"),
    "contact_email": ("email", "mail", "邮箱", "电子邮件", "邮件"),
    "state": ("status", "stage", "状态", "进度"),
    "priority": ("urgency", "severity", "优先级", "紧急程度"),
    "channel": ("source", "via", "origin", "渠道", "来源", "途径"),
    "kind": ("type", "category", "类型", "类别", "分类"),
    "topic": ("subject", "title", "theme", "主题", "标题"),
    "place": ("address", "city", "location", "store", "地点", "地址", "门店", "城市"),
    "score": ("rating", "stars", "label", "评分", "星级", "打分"),
    "measures": ("resolution", "action", "answer", "处理", "处理结果", "措施", "答复"),
    "responsible_department": ("department", "agency", "team", "部门", "责任部门"),
}
VALUES: dict[str, tuple[str, ...]] = {
    "urgent": ("critical", "immediate", "紧急", "特急", "最高"),
    "high": ("important", "高", "重要"),
    "normal": ("medium", "standard", "中", "普通", "一般", "正常"),
    "low": ("minor", "低", "轻微"),
    "received": ("open", "new", "新建", "待处理", "未处理", "已受理"),
    "investigating": ("in progress", "started", "working", "处理中", "进行中", "调查中"),
    "waiting": ("pending", "on hold", "待反馈", "挂起"),
    "answered": ("replied", "已回复", "已答复"),
    "closed": ("done", "finished", "resolved", "completed", "已关闭", "已完成", "已解决", "已办结", "结案"),
    "dropped": ("cancelled", "canceled", "invalid", "已取消", "无效", "撤销"),
    "hotline": ("phone", "telephone", "call", "电话", "热线", "来电"),
    "email": ("mail", "邮件", "邮箱"),
    "website": ("web", "online", "官网", "网站"),
    "wechat": ("微信", "公众号"),
    "app": ("mobile", "手机", "应用"),
    "delay": ("late", "延期", "延误", "拖延"),
    "quality": ("defect", "质量"),
    "service": ("attitude", "服务", "态度"),
    "price": ("billing", "payment", "价格", "费用", "报价"),
}
"""What the values of our choices are called elsewhere, beside their labels."""
DATE_FORMS = (
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日 %H:%M", "%Y年%m月%d日",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M",
)  # fmt: skip
DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y")
MONTH_FIRST = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s()-]{7,20}")

Names = Mapping[str, Iterable[str]]
"""What each field, or each value of a choice, is called in any language."""


@dataclass(frozen=True)
class Column:
    """One column of a file, with the first of what stands in it."""

    name: str
    samples: tuple[str, ...]


def guess(kind: type[Ticket], columns: Sequence[Column], names: Names) -> list[str]:
    """Return for each column a field, `KEY`, or "" where nothing seems to fit; none twice.

    A name counts more than looks. `names` are the fields' labels.
    """
    fields = importable(kind)
    scores = [
        (score, place, field)
        for place, column in enumerate(columns)
        for field in (KEY, *fields)
        if (score := _by_name(column.name, field, names) or _by_looks(column, field, fields))
    ]
    found = [""] * len(columns)
    for _score, place, field in sorted(scores, key=lambda one: (-one[0], one[1])):
        if not found[place] and field not in found:
            found[place] = field
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", tokens.normal(text))


def _by_name(name: str, field: str, names: Names) -> int:
    plain = _plain(name)
    if not plain:
        return 0
    called = {_plain(one) for one in (field, *names.get(field, ()))}
    if plain in called:
        return 100
    synonyms = [_plain(one) for one in SYNONYMS.get(field, ())]
    if plain in synonyms:
        return 80
    words = {_plain(word) for word in re.split(r"[\W_]+", name)}
    return 60 if words & {one for one in synonyms if len(one) > 1} else 0


def _by_looks(column: Column, field: str, fields: Mapping[str, Any]) -> int:
    filled = [text.strip() for text in column.samples if text.strip()]
    one = fields.get(field)
    if not filled or one is None or field == STATE_SINCE:
        return 0
    identity = getattr(getattr(one, "personal", None), "identity", None)
    if identity:
        looks = EMAIL if identity == "email" else PHONE
        return (
            40
            if _share(filled, lambda text: bool(looks.fullmatch(text))) > ENOUGH and not _dates(filled)
            else 0
        )
    if isinstance(one, Moment):
        return 30 if field == "created_at" and _dates(filled) else 0
    if isinstance(one, EncryptedString) and one.required:
        return 20 if sum(map(len, filled)) / len(filled) > 15 else 0
    return 0


def _share(texts: Sequence[str], looks: Any) -> float:
    return sum(map(looks, texts)) / len(texts)


def _dates(texts: Sequence[str]) -> bool:
    return any(
        _share(texts, lambda text, form=form: _is_date(text, form)) > ENOUGH for form in (*ALL_FORMS, "")
    )


def _is_date(text: str, form: str) -> bool:
    """Whether a text is a date of this form, "" meaning ISO 8601."""
    try:
        date = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        return False
    return 1900 <= date.year <= 2100


ALL_FORMS = (*DATE_FORMS, *DAY_FIRST, *MONTH_FIRST)


def date_forms(samples: Iterable[str]) -> list[str]:
    """The forms in which dates are written there, the likely order of day and month first.

    03/04/2026 alone does not tell: then the day is taken to come first.
    """
    texts = [text.strip() for text in samples if text.strip()]
    counts = {form: sum(_is_date(text, form) for text in texts) for form in ALL_FORMS}
    day, month = (sum(counts[form] for form in forms) for forms in (DAY_FIRST, MONTH_FIRST))
    ordered = (*DATE_FORMS, *MONTH_FIRST) if month > day else (*DATE_FORMS, *DAY_FIRST)
    return [form for form in ordered if counts[form]]


def value_meanings(words: Iterable[str], names: Names) -> dict[str, str]:
    """What the words of a column mean among the values of a choice; words nobody knows are absent.

    `names` are the labels of each value.
    """
    known = {
        _plain(name): value
        for value, called in names.items()
        for name in (*VALUES.get(value, ()), *called, value)
    }
    return {word: known[_plain(word)] for word in words if _plain(word) in known}


def is_choice(kind: type[Ticket], field: str) -> bool:
    one = importable(kind).get(field)
    return isinstance(one, StringField | IntField) and bool(one.choices)
