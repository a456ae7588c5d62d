"""What every test can ask for."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import runtime
from security.actor import Actor, act_as
from security.permissions import Role

pytest_plugins = (
    "pytester",
    "tests.plugins.clauses",
    "tests.plugins.database",
    "tests.plugins.chromium",
    "tests.plugins.commands",
    "tests.plugins.client",
    "tests.plugins.live_server",
)


@pytest.fixture(autouse=True)
def _runtime_of_its_own() -> Iterator[None]:
    """Undo what a test configures, so that no test depends on another."""
    before = runtime.current()
    yield
    runtime.configure(**vars(before))


@pytest.fixture
def now() -> datetime:
    """A moment at which tests happen: the first of 2030, a Tuesday and a public holiday."""
    return datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def actor() -> Iterator[Actor]:
    """A member of staff in every role, who answers for what the test writes."""
    with act_as(Actor("staff:lin", "Lin Mei", frozenset(Role), origin="127.0.0.1")) as lin:
        yield lin
