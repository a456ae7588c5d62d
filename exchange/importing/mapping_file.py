"""Mapping files, written in TOML and checked to the last word before a row is read.

    into = "complaints"                  # the register: any that the permission table opens to imports
    source = "nyc311"                    # kept on every record, with its number there
    key = "Unique Key"                   # the column with that number; without one, equal rows are
                                         # told apart by their order
    zone = "America/New_York"            # of dates that name none
    dates = ["%m/%d/%Y %I:%M:%S %p"]     # how dates are written; ISO 8601 is always read
    empty = ["N/A"]                      # what stands for nothing

    [fields]
    topic = "Complaint Type"             # one column,
    place = ["City", "Borough"]          # or several, joined by ", ",
    content = { join = ["Type", "Descriptor"], between = ": " }   # or by something else,
    priority = { value = "normal" }      # or the same for all rows
    channel = { column = "Channel", values = { PHONE = "hotline" }, otherwise = "other" }

Shipped mappings stand in exchange/importing/mappings. What is wrong is said in one sentence that names the key.
"""

import difflib
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from mongoengine import IntField, ListField
from mongoengine.base import BaseField

from exchange.importing.importable import importable, importable_kinds, missing
from exchange.importing.mapping import LONGEST_SOURCE, Mapping, Rule
from exchange.importing.parsing import parse_int
from exchange.importing.row_errors import ImportRefused
from records.declaration.record import Governed

SHIPPED = Path(__file__).parent / "mappings"
TOP = ("into", "source", "key", "zone", "dates", "empty", "fields")
RULE = ("column", "join", "between", "value", "values", "otherwise")
PROBE = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


def builtin_mappings() -> list[str]:
    """The names of the mappings that come with Steward."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load_mapping(name: str) -> Mapping:
    """Return the shipped mapping of that name, or the one in the file of that path.

    A shipped name may be cut short or be longer than it is, such as the name of the file it is for.
    Raises `ImportRefused`.
    """
    path = Path(name)
    plain = name.casefold().replace("_", "-")
    if not path.is_file() and plain:
        meant = [one for one in builtin_mappings() if one.startswith(plain) or plain.startswith(one)]
        path = SHIPPED / f"{meant[0]}.toml" if len(meant) == 1 else path
    try:
        return parse_mapping(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        come_along = ", ".join(builtin_mappings())
        raise ImportRefused(
            f"There is no mapping {name}: no file is called so, and those that come along are {come_along}."
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ImportRefused(f"The mapping {path.name} cannot be read: {error}.") from error


def parse_mapping(table: dict[str, Any]) -> Mapping:
    """Check a mapping and return it. Raises `ImportRefused`, naming the first wrong key."""
    _known(table, TOP)
    kind = _kind(table.get("into"))
    fields = table.get("fields")
    if not isinstance(fields, dict) or not fields:
        _refuse("fields", "says which field comes from which column, and is missing")
    rules = tuple(_rule(kind, name, given) for name, given in fields.items())
    _complete(kind, rules)
    return Mapping(
        kind,
        _word("source", table.get("source"), longest=LONGEST_SOURCE),
        rules,
        _word("key", table["key"]) if "key" in table else "",
        _zone(table.get("zone", "UTC")),
        tuple(_date_form(form) for form in _words("dates", table.get("dates", []))),
        frozenset(word.strip().casefold() for word in _words("empty", table.get("empty", []))),
    )


def _kind(into: Any) -> type[Governed]:
    known = importable_kinds()
    if into not in known:
        _refuse("into", f"is “{into}”, which takes in no files{_meant(str(into), known)}")
    return known[into]


def _rule(kind: type[Governed], name: str, given: Any) -> Rule:
    where, fields = f"fields.{name}", importable(kind)
    _known({name: given}, fields, "fields.")
    table = given if isinstance(given, dict) else {"join" if isinstance(given, list) else "column": given}
    _known(table, RULE, f"{where}.")
    if len({"column", "join", "value"} & table.keys()) != 1:
        _refuse(where, "needs exactly one of column, join and value")
    field = fields[name]
    if "value" in table:
        return Rule(name, value=_target(field, f"{where}.value", table["value"]))
    return Rule(
        name,
        tuple(_words(where, table["join"])) if "join" in table else (_word(where, table["column"]),),
        _between(where, table.get("between", ", ")),
        values=_values(field, f"{where}.values", table["values"]) if "values" in table else None,
        otherwise=_target(field, f"{where}.otherwise", table["otherwise"]) if "otherwise" in table else None,
    )


def _complete(kind: type[Governed], rules: tuple[Rule, ...]) -> None:
    for name in missing(kind, {rule.field for rule in rules}):
        _refuse("fields", f"has no {name}, and no record is without one")


def _values(field: BaseField, where: str, given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        _refuse(where, 'says what each word means, as in { THERE = "here" }')
    return {
        word.strip().casefold(): _target(field, f"{where}.{word}", target) for word, target in given.items()
    }


def _target(field: BaseField, where: str, given: Any) -> str:
    """A value of ours as the mapping names it."""
    field = field.field if isinstance(field, ListField) else field
    if not isinstance(given, (str, int)) or isinstance(given, bool):
        _refuse(where, "is neither a text nor a whole number")
    text = str(given)
    if text and field.choices and text not in field.choices:
        choices = ", ".join(field.choices)
        _refuse(where, f"is “{text}”, which is not one of {choices}{_meant(text, field.choices)}")
    if text and isinstance(field, IntField):
        try:
            parse_int(text)
        except ValueError:
            _refuse(where, f"is “{text}”, which is no whole number")
    return text


def _zone(name: Any) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        _refuse("zone", f"is “{name}”, and a zone looks like Asia/Shanghai")


def _date_form(form: str) -> str:
    try:
        datetime.strptime(PROBE.strftime(form), form)  # noqa: DTZ007 — only the form is tried
    except ValueError:
        _refuse("dates", f"has “{form}”, and a form looks like %Y-%m-%d %H:%M")
    return form


def _between(where: str, given: Any) -> str:
    if not isinstance(given, str):
        _refuse(f"{where}.between", "is no text")
    return given


def _word(where: str, given: Any, longest: int | None = None) -> str:
    if not isinstance(given, str) or not given.strip():
        _refuse(where, "is missing or no text")
    if longest and len(given) > longest:
        _refuse(where, f"is longer than {longest} characters")
    return given.strip()


def _words(where: str, given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(word, str) and word for word in given):
        _refuse(where, "is no list of texts")
    return given


def _known(table: dict[str, Any], names: Iterable[str], inside: str = "") -> None:
    known = list(names)
    for name in table:
        if name not in known:
            _refuse(f"{inside}{name}", f"is not known{_meant(name, known)}")


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def _refuse(key: str, problem: str) -> NoReturn:
    """Refuse the mapping in one sentence."""
    raise ImportRefused(f"In the mapping, {key} {problem}{'' if problem.endswith('?') else '.'}")
