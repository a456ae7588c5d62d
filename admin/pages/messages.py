"""Why something may not be, in the reader's language."""

from flask_babel import gettext as _

from admin.formatting import label_of
from records.declaration.actions import ActionRefused
from records.declaration.errors import InvalidValue
from records.declaration.record import Governed


def refusal(error: ActionRefused | InvalidValue) -> str:
    """The sentence of a refusal; what has a label among its words, such as a choice, is said by that."""
    words = {name: _(word.label) if hasattr(word, "label") else word for name, word in error.words.items()}
    return _(error.message, **words)


def fault(error: object) -> str:
    """Why a value does not fit, as a mongoengine `ValidationError` holds it for a field."""
    return refusal(error) if isinstance(error, InvalidValue) else _("This value does not fit here.")


def taken(kind: type[Governed], name: str) -> str:
    """That a record has this already, by what may be there only once: a value, or several together."""
    fields = next(
        (
            [field for field in one["fields"] if field in kind._fields]
            for one in kind._meta["indexes"]
            if isinstance(one, dict) and one.get("unique") and one["fields"][0] == name
        ),
        [name],
    )
    if len(fields) == 1:
        return _("Another record already has this value.")
    labels = ", ".join(label_of(kind, field) for field in fields)
    return _("There is one already with the same values here: %(fields)s.", fields=labels)
