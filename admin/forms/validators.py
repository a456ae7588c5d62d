"""What is asked of an answer beside its field, in the reader's words."""

import re
from typing import Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from mongoengine import (
    DecimalField,
    EmailField,
    FloatField,
    IntField,
    ListField,
    LongField,
    StringField,
    URLField,
)
from mongoengine.base import BaseField
from wtforms import Field
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

LONGEST_TEXT = 4_000_000
MOST_LINES = 1_000
INTEGERS = -(2**63), 2**63 - 1
"""What the database holds in a whole number."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_PHONE = re.compile(r"\+?[\d\s()./-]{5,}(?:\s*(?:x|ext\.?|轉|转|#)\s*\d+)?")


def checks(one: BaseField) -> list[Any]:
    """What a declared field asks of what is typed for it."""
    text = isinstance(one, StringField) and not one.choices
    needed = DataRequired() if text else InputRequired()  # blanks are no answer
    found: list[Any] = [needed if one.required else Optional(strip_whitespace=not text)]
    if isinstance(one, StringField):
        found += [Length(max=one.max_length or LONGEST_TEXT), storable]
        if one.min_length:
            found.append(Length(min=one.min_length))
        if one.regex:
            found.append(_shaped(one.regex))
    if isinstance(one, IntField | LongField | FloatField | DecimalField):
        found.append(NumberRange(**_range(one)))
    if isinstance(one, ListField):
        found += [_few_enough(one.max_length or MOST_LINES), storable]
    identity = getattr(getattr(one, "personal", None), "identity", None)
    if isinstance(one, EmailField) or identity == "email":
        found.append(email)
    if isinstance(one, URLField):
        found.append(address)
    if identity == "phone":
        found.append(phone)
    return found


def _range(one: BaseField) -> dict[str, Any]:
    least, most = INTEGERS if isinstance(one, IntField | LongField) else (None, None)
    return {
        "min": one.min_value if one.min_value is not None else least,
        "max": one.max_value if one.max_value is not None else most,
    }


def _shaped(pattern: re.Pattern[str]) -> Any:
    def shaped(_form: Any, field: Field) -> None:
        if field.data and not pattern.match(field.data):
            raise ValidationError(_("This is not written as it should be."))

    return shaped


def at_least_one(_form: Any, field: Field) -> None:
    if not field.data:
        raise ValidationError(_("Please add at least one."))


def _few_enough(most: int) -> Any:
    def few_enough(_form: Any, field: Field) -> None:
        if isinstance(field.data, list) and len(field.data) > most:
            raise ValidationError(_("There can be no more than %(count)s here.", count=most))

    return few_enough


def storable(_form: Any, field: Field) -> None:
    texts = field.data if isinstance(field.data, list) else [field.data]
    if any(isinstance(text, str) and _CONTROL.search(text) for text in texts):
        raise ValidationError(_("This text contains characters that cannot be stored."))


def email(_form: Any, field: Field) -> None:
    try:
        if field.data:
            validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationError(_("This is not an e-mail address.")) from None


def phone(_form: Any, field: Field) -> None:
    if field.data and not _PHONE.fullmatch(field.data.strip()):
        raise ValidationError(_("This is not a phone number."))


def address(_form: Any, field: Field) -> None:
    try:
        parts = urlsplit(field.data or "")
        if field.data and not (parts.scheme in {"http", "https"} and parts.hostname):
            raise ValueError
    except ValueError:
        raise ValidationError(_("This is not a web address. It begins with https://")) from None
