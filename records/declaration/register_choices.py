"""Every register as a choice, for records that are about a record of any kind."""

from collections.abc import Sequence
from typing import Any

from records.declaration.registry import governed


class Named(str):
    """A value and what it is called."""

    __slots__ = ("label",)
    label: str

    def __new__(cls, value: str, label: str) -> "Named":
        named = super().__new__(cls, value)
        named.label = label
        return named


class AnyRegister(Sequence[Named]):
    """The governed collections with their titles; read when asked, since one may be declared later."""

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> list[Named]:
        return [Named(kind.collection_name(), kind.policy.title) for kind in governed()]
