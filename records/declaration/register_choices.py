"""Every register as a choice, for records that are about a record of any kind."""

from collections.abc import Sequence
from typing import Any

from records.declaration.registry import registered


class LabelledStr(str):
    """A value and what it is called."""

    __slots__ = ("label",)
    label: str

    def __new__(cls, value: str, label: str) -> "LabelledStr":
        named = super().__new__(cls, value)
        named.label = label
        return named


class RegisterChoices(Sequence[LabelledStr]):
    """The governed collections with their titles; read when asked, since one may be declared later."""

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> list[LabelledStr]:
        return [LabelledStr(kind.collection_name(), kind.policy.title) for kind in registered()]
