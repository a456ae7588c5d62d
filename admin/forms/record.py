"""The form of one record: what it offers, what was changed in it, and what that does to the record."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId
from cachetools import cached
from wtforms import HiddenField

from admin.forms.field_factory import Inputs, is_offered
from admin.forms.fields import SecretField
from admin.forms.form import PanelForm
from admin.forms.nested import digest
from admin.forms.references import referred
from admin.forms.widgets import Control
from admin.i18n import gettext as _
from admin.locale import language
from records.declaration.record import Governed


@cached({})
def offered(kind: type[Governed], *, new: bool) -> tuple[str, ...]:
    """The fields a form offers, in the order of the sections: what is not the system's own, and
    once the record exists not what is fixed then."""
    ordered = [name for _title, names in kind.policy.sections for name in names]
    names = list(dict.fromkeys([*ordered, *kind._fields_ordered]))
    return tuple(name for name in names if is_offered(kind._fields[name], new=new))


def fieldsets(kind: type[Governed], names: Sequence[str]) -> list[dict[str, Any]]:
    """The offered fields by section."""
    left = set(names)
    found = []
    for title, section in kind.policy.sections:
        here = [name for name in section if name in left]
        left -= set(here)
        if here:
            found.append({"label": _(title), "names": here})
    if rest := [name for name in names if name in left]:
        found.append({"label": _("More") if found else "", "names": rest})
    return found


HIDDEN = Control("hidden")


class RecordForm(PanelForm):
    """What every record's form carries: the version it was read at, and how its fields looked."""

    version = HiddenField("", widget=HIDDEN)
    token = HiddenField("", widget=HIDDEN)
    was = HiddenField("", widget=HIDDEN)

    stored: Governed | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        """Check what was touched: a value that was fine under an older rule is left in peace."""
        if self.stored is None:
            return super().validate(extra_validators)
        names = [
            name for name in offered(type(self.stored), new=False) if is_touched(self, self.stored, name)
        ]
        fine = [self[name].validate(self) for name in names]  # each says what is wrong with it
        return all(fine)


def form_for(
    kind: type[Governed], record: Governed | None, zone: ZoneInfo, lookup: Callable[[str], str | None]
) -> RecordForm:
    """Return the form of one record, filled from it and from the request under way."""
    new = record is None
    names = offered(kind, new=new)
    shown = kind() if record is None else record
    values = {name: getattr(shown, name) for name in names}
    looked_up = tuple((one, lookup(one)) for one in referred(kind))
    form = _form_class(kind, new, language(), zone, looked_up)(data=values)
    form.stored = record
    if not form.is_submitted():
        form.version.data = str(record.version if record is not None else 0)
        form.token.data = str(ObjectId())
        form.was.data = " ".join(f"{name}:{digest(form[name].shown(values[name]))}" for name in names)
    return form


@cached({})
def _form_class(
    kind: type[Governed],
    new: bool,
    _language: str,
    zone: ZoneInfo,
    looked_up: tuple[tuple[str, str | None], ...],
) -> type[RecordForm]:
    """The form of a kind for readers of one language with the same rights: made once, filled often."""
    inputs = Inputs(zone, dict(looked_up).__getitem__)
    made = {name: inputs.make(kind._fields[name]) for name in offered(kind, new=new)}
    return type(f"{kind.__name__}Form", (RecordForm,), made)


# -- From the form to the record ------------------------------------------------------------------


def apply(form: RecordForm, record: Governed, keep: frozenset[str] = frozenset()) -> None:
    """Set what the sender changed; `keep` names fields that stay as they are stored."""
    for name in offered(type(record), new=record.stored is None):
        if name not in keep and is_touched(form, record, name):
            setattr(record, name, form[name].read(getattr(record, name)))


def is_touched(form: RecordForm, record: Governed, name: str) -> bool:
    """Tell whether what was sent is not what the stored value sends by itself."""
    field = form[name]
    if _is_absent(form, name):
        return False
    return field.sent() != field.shown(getattr(record, name))


def _is_absent(form: RecordForm, name: str) -> bool:
    """Tell whether the sender's form did not have this field at all."""
    return not form[name].sent() and name not in _was(form)


def _was(form: RecordForm) -> Mapping[str, str]:
    pairs = (part.partition(":") for part in (form.was.data or "").split())
    return {name: seen for name, _colon, seen in pairs}


def changed_by_sender(form: RecordForm, record: Governed) -> set[str]:
    """The fields whose sender changed them since the form was read."""
    was = _was(form)
    return {
        name
        for name in offered(type(record), new=False)
        if (
            form[name].sent()
            if isinstance(form[name], SecretField)
            else name in was and digest(form[name].sent()) != was[name]
        )
    }


def differing(form: RecordForm, record: Governed) -> list[str]:
    """The fields in which what was sent differs from what is stored now."""
    return [name for name in offered(type(record), new=False) if is_touched(form, record, name)]
