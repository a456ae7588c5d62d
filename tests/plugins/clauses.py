"""Which clause of the client's policies is proved by which test.

A test says what it proves: `@pytest.mark.clause("R42", "R43")`. The clauses stand in
docs/clauses.md; a mark that names another one stops the collection. `--clauses=FILE` writes a line
for every clause after the run, from what passed in it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

CLAUSES = "docs/clauses.md"
ROW = re.compile(r"^\| (R\d+) \|", re.MULTILINE)
PROVES = "proves clause"


def clauses_in(table: str) -> list[str]:
    """Return the clause numbers of the table, in its order."""
    return ROW.findall(table)


class Proofs:
    """What the run has shown: a test proves its clauses when it ran and nothing of it failed.

    The cases of a parametrised test stand or fall together, under one name.
    """

    def __init__(self, clauses: Iterable[str]) -> None:
        self.clauses = list(clauses)
        self._claims: dict[str, dict[str, None]] = defaultdict(dict)
        self._passed: set[str] = set()
        self._failed: set[str] = set()

    def add(self, report: pytest.TestReport) -> None:
        """Take in one phase (set-up, call, tear-down) of one test."""
        test = report.nodeid.partition("[")[0]
        for name, clause in report.user_properties:
            if name == PROVES:
                self._claims[str(clause)][test] = None
        if report.failed or hasattr(report, "wasxfail"):
            self._failed.add(test)
        elif report.passed and report.when == "call":
            self._passed.add(test)

    def lines(self) -> list[str]:
        """Return a line for every clause, such as `R34 proved tests/…::test_…` or `R35 open`."""
        return [self._line(clause) for clause in self.clauses]

    def _line(self, clause: str) -> str:
        tests = sorted(test for test in self._claims[clause] if test in self._passed - self._failed)
        return f"{clause} proved {', '.join(tests)}" if tests else f"{clause} open"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--clauses", metavar="FILE", type=Path, help="write which clause is proved by which test"
    )


def pytest_configure(config: pytest.Config) -> None:
    clauses = clauses_in((config.rootpath / CLAUSES).read_text(encoding="utf-8"))
    config.stash[PROOFS] = Proofs(clauses)
    # The workers of a parallel run hand their reports to the process that started them; it writes.
    if config.getoption("clauses") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(ClauseMap(config.stash[PROOFS], config.getoption("clauses")))


PROOFS = pytest.StashKey[Proofs]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuse a mark that names no clause while its file is being collected."""
    for mark in metafunc.definition.iter_markers("clause"):
        unknown = [str(clause) for clause in mark.args if clause not in metafunc.config.stash[PROOFS].clauses]
        if unknown or not mark.args:
            named = ", ".join(unknown) or "nothing"
            pytest.fail(
                f"{metafunc.definition.nodeid} is marked as proving {named}; {CLAUSES} lists the clauses",
                pytrace=False,
            )


def pytest_itemcollected(item: pytest.Item) -> None:
    """Write the clauses on the item, since its reports travel and its marks do not."""
    for mark in item.iter_markers("clause"):
        item.user_properties.extend((PROVES, clause) for clause in mark.args)


class ClauseMap:
    """Gathers the reports of a run and writes the map at its end."""

    def __init__(self, proofs: Proofs, file: Path) -> None:
        self.proofs = proofs
        self.file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.proofs.add(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus not in (
            pytest.ExitCode.OK,
            pytest.ExitCode.TESTS_FAILED,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        ):
            return  # a broken run shows nothing about any clause
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("\n".join(self.proofs.lines()) + "\n", encoding="utf-8")
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK  # then every clause is open, and that is the answer
