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


class ActionRefused(Exception):
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
class ActionInput:
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
    max_length: int = 2000
    short_list: Mapping[str, Any] | None = None
    needed: Callable[[Any, datetime], bool] | None = None

    def __post_init__(self) -> None:
        if (self.kind == "choice") != (self.choices is not None):
            raise DeclarationError(f"the question {self.name!r}: choices belong to the kind 'choice'")
        if (self.kind == "reference") != (self.collection is not None):
            raise DeclarationError(
                f"the question {self.name!r}: a collection belongs to the kind 'reference'"
            )


class ActionGroup(Choice):
    """What a verb is about: a record's page offers it there, among others of its kind."""

    PEOPLE = "people", N_("Who deals with it")
    WORKFLOW = "life", N_("Next steps")
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
class RecordAction:
    """What the decorator of a method said; `record_event` is the only question, where there is but one note."""

    name: str
    label: str
    requires: Action
    when: Callable[[Any], bool]
    comment: str | None
    inputs: tuple[ActionInput, ...]
    danger: bool
    bulk: bool
    bulk_method: str | None = None
    group: ActionGroup = ActionGroup.WORKFLOW
    primary: Callable[[Any], bool] = never
    draft_method: str | None = None


def action(
    label: str,
    requires: Action,
    *,
    when: Callable[[Any], bool] = lambda _record: True,
    comment: str | None = None,
    inputs: tuple[ActionInput, ...] = (),
    danger: bool = False,
    bulk: bool = False,
    bulk_method: str | None = None,
    group: ActionGroup = ActionGroup.WORKFLOW,
    primary: Callable[[Any], bool] = never,
    draft_method: str | None = None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Offer a method to those whom the record's permission row grants `action`, while `when` holds.

    `record_event` is short for one question, a long text named "note"; `many`: also for a selection in the
    list, where no more than a note can be asked; one that writes other records than its own names in
    `batched_writes` the class method that does it to many in few commands. `primary` tells whether this is what usually comes
    next with a record: then it is a button there, and not in the menu. `draft` names the method that
    fills the questions in from what was answered so far (`Draft`). Raises `DeclarationError`.
    """

    def mark(method: Callable[..., None]) -> Callable[..., None]:
        questions = (ActionInput("note", comment, "long-text"),) if comment else inputs
        _check(method, questions, both=bool(comment and inputs), too_much=bool(bulk and inputs))
        method.record_action = RecordAction(  # type: ignore[attr-defined]
            method.__name__,
            label,
            requires,
            when,
            comment,
            questions,
            danger,
            bulk,
            bulk_method,
            group,
            primary,
            draft_method,
        )
        return method

    return mark


def _check(method: Callable[..., None], asks: tuple[ActionInput, ...], *, both: bool, too_much: bool) -> None:
    where = f"{method.__code__.co_filename}:{method.__code__.co_firstlineno}: {method.__qualname__}"
    parameters = set(inspect.signature(method).parameters)
    if both:
        raise DeclarationError(f"{where}: say comment= or inputs=, not both.")
    if too_much:
        raise DeclarationError(
            f"{where}: an action for many records can ask for a comment= and nothing more."
        )
    if unheard := [ask.name for ask in asks if ask.name not in parameters]:
        raise DeclarationError(f"{where}: asks {unheard[0]!r}, which is none of its parameters.")


_known: dict[type, dict[str, RecordAction]] = {}


def actions_of(kind: type) -> dict[str, RecordAction]:
    """The verbs a document declares, by name, in the order of declaration."""
    if kind not in _known:
        _known[kind] = {
            name: declared
            for base in reversed(kind.__mro__)
            for name, member in vars(base).items()
            if isinstance(declared := getattr(member, "record_action", None), RecordAction)
        }
    return _known[kind]
