"""Verbs: what can be done with one record beyond editing it, offered as buttons on its page.

A verb is a method of the document. It asks nothing, one note, or as much as it needs:

    @verb(N_("Close"), Action.EDIT, note=N_("How it ended"))
    def close(self, now: datetime, note: str) -> None: ...

    @verb(
        N_("Hand over"),
        Action.EDIT,
        asks=(
            Ask("to", N_("To whom"), "reference", collection="staff"),
            Ask("why", N_("Why"), "choice", choices=Why),
            Ask("letter", N_("Their letter"), "file", required=False),
        ),
    )
    def hand_over(self, now: datetime, to: ObjectId, why: Why, letter: Upload | None) -> None:
        if not self.assignee:
            raise Refused(N_("%(number)s is nobody's yet."), number=self.number)
        ...

The panel makes the form, checks the answers, and calls the method with them by name, once for each
form and in one transaction: the method may run again when two writers met, each time on the record
as it is stored then, so all it does must join the transaction (`records.storage.writer`, `session()`).
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from language.words import N_, Choice
from records.declaration.policy import DeclarationError
from security.permissions import Action

Kind = Literal["text", "long-text", "choice", "reference", "moment", "file", "check"]


class Refused(Exception):
    """A deed is not possible as things stand, and nothing was changed.

    `message` is for the reader, marked with `N_` and translated where it is shown; `words` fill its
    placeholders, and a `Choice` among them is shown by its label.
    """

    def __init__(self, message: str, **words: Any) -> None:
        super().__init__(message % words if words else message)
        self.message, self.words = message, words


@dataclass(frozen=True)
class Upload:
    """A file somebody handed in, as they named it."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Ask:
    """One question that a verb puts before it is done; the answer is the parameter `name`.

    Answers: text and long-text give `str` ("" where nothing was said), check gives `bool`; the others
    give a member of `choices`, the `ObjectId` of a record in `collection`, an aware moment in UTC, an
    `Upload`, or None where nothing was said. A reference with `few` is chosen from a short list: the
    records that this query finds, by their names. One that is needed only for some records says
    for which, at a moment, by `needed`; for the others it is not put, and the method's own default is the
    answer.
    """

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    choices: type[Choice] | None = None
    collection: str | None = None
    help: str = ""
    longest: int = 2000
    few: Mapping[str, Any] | None = None
    needed: Callable[[Any, datetime], bool] | None = None

    def __post_init__(self) -> None:
        if (self.kind == "choice") != (self.choices is not None):
            raise DeclarationError(f"the question {self.name!r}: choices belong to the kind 'choice'")
        if (self.kind == "reference") != (self.collection is not None):
            raise DeclarationError(
                f"the question {self.name!r}: a collection belongs to the kind 'reference'"
            )


class Group(Choice):
    """What a verb is about: a record's page offers it there, among others of its kind."""

    PEOPLE = "people", N_("Who deals with it")
    LIFE = "life", N_("Next steps")
    PROMISES = "promises", N_("Promises and measures")
    PAPERS = "papers", N_("Papers")
    DATA = "data", N_("Personal data")


@dataclass(frozen=True)
class Draft:
    """What a verb's questions are filled in with before somebody looks it over, by their names, and
    what is still to be written by hand: the blanks, as they stand in the text."""

    answers: Mapping[str, Any]
    blanks: Sequence[str] = ()


def never(_record: Any) -> bool:
    return False


@dataclass(frozen=True)
class Verb:
    """What the decorator of a method said; `note` is the only question, where there is but one note."""

    name: str
    label: str
    action: Action
    when: Callable[[Any], bool]
    note: str | None
    asks: tuple[Ask, ...]
    danger: bool
    many: bool
    together: str | None = None
    group: Group = Group.LIFE
    leads: Callable[[Any], bool] = never
    draft: str | None = None


def verb(
    label: str,
    action: Action,
    *,
    when: Callable[[Any], bool] = lambda _record: True,
    note: str | None = None,
    asks: tuple[Ask, ...] = (),
    danger: bool = False,
    many: bool = False,
    together: str | None = None,
    group: Group = Group.LIFE,
    leads: Callable[[Any], bool] = never,
    draft: str | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Offer a method to those whom the record's permission row grants `action`, while `when` holds.

    `note` is short for one question, a long text named "note"; `many`: also for a selection in the
    list, where no more than a note can be asked; one that writes other records than its own names in
    `together` the class method that does it to many in few commands. `leads` tells whether this is what usually comes
    next with a record: then it is a button there, and not in the menu. `draft` names the method that
    fills the questions in from what was answered so far (`Draft`). Raises `DeclarationError`.
    """

    def mark(method: Callable[..., None]) -> Callable[..., None]:
        questions = (Ask("note", note, "long-text"),) if note else asks
        _check(method, questions, both=bool(note and asks), too_much=bool(many and asks))
        method.verb = Verb(  # type: ignore[attr-defined]
            method.__name__, label, action, when, note, questions, danger, many, together, group, leads, draft
        )
        return method

    return mark


def _check(method: Callable[..., None], asks: tuple[Ask, ...], *, both: bool, too_much: bool) -> None:
    where = f"{method.__code__.co_filename}:{method.__code__.co_firstlineno}: {method.__qualname__}"
    parameters = set(inspect.signature(method).parameters)
    if both:
        raise DeclarationError(f"{where}: say note= or asks=, not both.")
    if too_much:
        raise DeclarationError(f"{where}: a verb for many records can ask a note= and nothing more.")
    if unheard := [ask.name for ask in asks if ask.name not in parameters]:
        raise DeclarationError(f"{where}: asks {unheard[0]!r}, which is none of its parameters.")


_known: dict[type, dict[str, Verb]] = {}


def verbs_of(kind: type) -> dict[str, Verb]:
    """The verbs a document declares, by name, in the order of declaration."""
    if kind not in _known:
        _known[kind] = {
            name: declared
            for base in reversed(kind.__mro__)
            for name, member in vars(base).items()
            if isinstance(declared := getattr(member, "verb", None), Verb)
        }
    return _known[kind]
