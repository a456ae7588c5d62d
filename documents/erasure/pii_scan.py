"""What is left of a person in texts: their name, e-mail address or phone number, found and redacted.

Whoever writes a note may name a person in it, in a record of somebody else as well. A name is found
in either Chinese script, a phone number however it is spaced.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

import phonenumbers
from mongoengine import EmbeddedDocument, EmbeddedDocumentField, ListField, StringField
from mongoengine.base import BaseField

from records.declaration.fields import Encrypted, EncryptedStringField, ReferenceIdField
from records.declaration.policy import Fate, Personal
from records.declaration.record import Governed
from records.storage import keys, search_tokens

Row = Mapping[str, Any]
REDACTED = "▇▇"
NAME = "user.name"
SHORTEST = 2
GAP = r"[\s\-.()]{0,3}"
CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]{2,}")
BETWEEN = r"\s{0,2}"
APART = "\n¶\n"
"""Between texts that are looked through together: no needle goes across it."""


@dataclass(frozen=True)
class PersonMatcher:
    """What to look for of one person."""

    patterns: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, people: Iterable[Governed]) -> Self:
        """Read them off a person's own records: the names, and what identifies them."""
        found = {
            pattern.pattern: pattern
            for person in people
            for name, field in person.personal().items()
            if (pattern := _needle(field.personal, (getattr(person, name) or "").strip()))
        }
        return cls(tuple(found.values()))

    def are_in(self, text: str) -> bool:
        plain = search_tokens.normalize(text)
        return any(pattern.search(plain) for pattern in self.patterns)

    def are_in_any(self, texts: Iterable[str]) -> bool:
        """Tell whether one of `texts` speaks of the person: comparing costs by the text, not by its length."""
        return self.are_in(APART.join(texts))

    def redacted(self, text: str) -> str:
        """`text` with every needle blacked out. Where the compared form has another length than what
        was written, nothing can be cut out of it safely: then all of it goes."""
        plain = search_tokens.normalize(text)
        spans = [found.span() for pattern in self.patterns for found in pattern.finditer(plain)]
        if not spans:
            return text
        if len(plain) != len(text):
            return REDACTED
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + REDACTED + text[end:]
        return text


def _needle(personal: Personal, text: str) -> re.Pattern[str] | None:
    """The pattern of one value of a person's record; None for what names nobody."""
    if personal.identity == "phone":
        return _phone(text) if text else None
    if not (personal.identity or personal.category == NAME) or len(text) < SHORTEST:
        return None
    return _word(_spaced(search_tokens.normalize(text)))


def _spaced(plain: str) -> str:
    """A name as it may be set: 李 雷 stands for 李雷, and a line may end between first and last name."""
    parts = [CHINESE.sub(lambda run: BETWEEN.join(run[0]), re.escape(part)) for part in plain.split()]
    return r"\s+".join(parts)


def _word(pattern: str) -> re.Pattern[str]:
    """A needle that begins or ends in Latin letters is a whole word, so that Li is not in Lily."""
    return re.compile(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", re.IGNORECASE)


def _phone(value: str) -> re.Pattern[str]:
    same = search_tokens.same_identity("phone", value)
    try:
        number = phonenumbers.parse(same)
        national = str(number.national_number)
        lead = rf"(?:(?:\+|00)?{number.country_code}{GAP})?0?"
    except phonenumbers.NumberParseException:
        national, lead = re.sub(r"\D", "", same), ""
    return re.compile(rf"(?<!\d){lead}{GAP.join(national)}(?!\d)" if national else r"(?!)")


def found_in(kind: type[Governed], row: Row, needles: PersonMatcher, fate: Fate | None) -> list[str]:
    """The fields of a stored row whose text speaks of the person and would still do so after `fate`;
    None: nothing else is done to the record. Rows are looked through as they are stored, which takes a
    tenth of the time of reading records; `prefetch_keys` fetches the keys of many."""
    found = list(_texts(kind, row, fate))
    if not needles.are_in_any(text for _name, texts in found for text in texts):
        return []
    return [name for name, texts in found if needles.are_in_any(texts)]


def prefetch_keys(kind: type[Governed], rows: Iterable[Row]) -> None:
    """Fetch the data keys to rows in one query."""
    sealed = (row.get(field.db_field) for row in rows for field in kind.encrypted().values())
    keys.get_keys({Encrypted(value).owner for value in sealed if value})


def redact(record: Governed, needles: PersonMatcher) -> None:
    """Black the person out of every text of `record`, in memory."""
    kind: Any = type(record)
    for name in _written(kind, None):
        field = record._fields[name]
        value = getattr(record, name)
        if not value:
            continue
        if isinstance(field, ListField):
            changed = [_redacted_part(item, needles) for item in value]
            if any(new is not old for new, old in zip(changed, value, strict=True)):
                setattr(record, name, changed)
        elif (text := needles.redacted(value)) != value:
            setattr(record, name, text)


def _redacted_part(item: Any, needles: PersonMatcher) -> Any:
    if isinstance(item, str):
        return text if (text := needles.redacted(item)) != item else item
    if not isinstance(item, EmbeddedDocument):
        return item
    changed = {
        name: new
        for name, field in item._fields.items()
        if is_text(field) and (old := getattr(item, name)) and (new := needles.redacted(old)) != old
    }
    if not changed:
        return item
    part = type(item)._from_son(item.to_mongo())
    for name, new in changed.items():
        setattr(part, name, new)
    return part


def _texts(kind: Any, row: Row, fate: Fate | None) -> Iterator[tuple[str, list[str]]]:
    """The texts that people wrote into a record and that `fate` leaves there."""
    for name in _written(kind, fate):
        field = kind._fields[name]
        value = row.get(field.db_field)
        if not value:
            continue
        if isinstance(field, ListField):
            yield name, [text for item in value for text in _inside(field.field, item)]
        elif isinstance(field, EncryptedStringField):
            text = field.decrypt(Encrypted(value), row["_id"], kind.collection_name())
            yield name, [text] if text else []
        else:
            yield name, [value]


@cache
def _written(kind: type[Governed], fate: Fate | None) -> tuple[str, ...]:
    """The fields of a kind of record into which people write, and whose words `fate` leaves there."""
    if fate is Fate.ERASE:
        return ()
    return tuple(name for name, field in kind._fields.items() if _is_written(kind, field, fate))


def _is_written(kind: type[Governed], field: BaseField, fate: Fate | None) -> bool:
    personal = getattr(field, "personal", None)
    if fate is Fate.ANONYMISE and personal and personal.on_erasure is not Fate.RETAIN:
        return False
    if isinstance(field, ListField):
        return is_text(field.field) or isinstance(field.field, EmbeddedDocumentField)
    return is_text(field) and not getattr(field, "internal", False) and not _is_their_own(kind, personal)


def _inside(field: BaseField, item: Any) -> Iterator[str]:
    if isinstance(item, str) and is_text(field):
        yield item
    elif isinstance(field, EmbeddedDocumentField):
        for inner in field.document_type._fields.values():
            if is_text(inner) and isinstance(text := item.get(inner.db_field), str):
                yield text


def _is_their_own(kind: type[Governed], personal: Personal | None) -> bool:
    """Whether a value names whose record it is: a namesake keeps their name."""
    named = personal and (personal.identity or personal.category == NAME)
    return bool(named) and kind.policy.subject == "self"


def is_text(field: BaseField) -> bool:
    """Whether people write what they like into a field."""
    return isinstance(field, StringField) and not field.choices and not isinstance(field, ReferenceIdField)
