"""Who is acting: every write, reveal and export carries it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from security.permissions import Role


class NobodyActing(Exception):
    """Something was to be written and nobody said who writes it."""


@dataclass(frozen=True)
class Actor:
    """A member of staff, a job or a command.

    `id` is "staff:<id>", "job:<name>" or "command:<name>"; `origin` says from where: an
    address, a host, "command line".
    """

    id: str
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    origin: str = ""

    @classmethod
    def job(cls, name: str, origin: str = "") -> "Actor":
        return cls(f"job:{name}", name, origin=origin)

    @classmethod
    def command(cls, name: str) -> "Actor":
        return cls(f"command:{name}", name, origin="command line")


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def current_actor() -> Actor:
    """Return who is acting here. Raises `NobodyActing` where nobody said so."""
    actor = _acting.get()
    if actor is None:
        raise NobodyActing("Say who acts: with acting_as(Actor(...)): ...")
    return actor


@contextmanager
def act_as(actor: Actor) -> Iterator[Actor]:
    """Let `actor` answer for what is written inside the block; blocks may nest."""
    token = _acting.set(actor)
    try:
        yield actor
    finally:
        _acting.reset(token)
