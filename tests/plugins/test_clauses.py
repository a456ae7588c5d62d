"""The map of clauses tells what a run has shown, and nothing more."""

from pathlib import Path

import pytest

from tests.plugins.clauses import CLAUSES, clauses_in

HOUSE = Path(__file__).parents[2]
PLUGINS = ("-p", "tests.plugins.clauses", "-p", "xdist", "--clauses=out/map.txt")


@pytest.fixture
def map_of(pytester, monkeypatch):
    """Run some tests beside a table of the clauses R1 and R2; return the lines of their map."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    table = pytester.path / CLAUSES
    table.parent.mkdir()
    table.write_text("| R1 | one thing | S0 |\n| R2 | another | S1 |\n")

    def map_of(tests: str, *options: str) -> list[str]:
        pytester.makepyfile(test_it=f"import pytest\nclause = pytest.mark.clause\n{tests}")
        pytester.runpytest(*PLUGINS, *options)
        return (pytester.path / "out/map.txt").read_text().splitlines()

    return map_of


def test_the_table_lists_every_clause_once_and_in_order():
    table = (HOUSE / CLAUSES).read_text(encoding="utf-8")

    assert clauses_in(table) == [f"R{number}" for number in range(1, 108)]


def test_a_passing_test_proves_its_clause_and_no_other(map_of):
    assert map_of("@clause('R2')\ndef test_a(): pass") == ["R1 open", "R2 proved test_it.py::test_a"]


def test_one_test_may_prove_several_clauses_and_several_tests_one(map_of):
    tests = "@clause('R1', 'R2')\ndef test_b(): pass\n@clause('R1')\ndef test_a(): pass"

    assert map_of(tests) == [
        "R1 proved test_it.py::test_a, test_it.py::test_b",
        "R2 proved test_it.py::test_b",
    ]


@pytest.mark.parametrize(
    "test",
    [
        "def test_a(): assert False",
        "def test_a(): pytest.skip('not here')",
        "@pytest.mark.xfail(strict=False)\ndef test_a(): assert False",
        "@pytest.mark.xfail(strict=False)\ndef test_a(): pass",
        "@pytest.mark.parametrize('case', [1, 2])\ndef test_a(case): assert case == 1",
        "def test_a(absent_fixture): pass",
        "@pytest.fixture\ndef late():\n    yield\n    raise OSError\n@clause('R1')\ndef test_a(late): pass",
    ],
    ids=[
        "fails",
        "skips",
        "fails as expected",
        "passes unexpectedly",
        "fails in one case",
        "no set-up",
        "tear-down",
    ],
)
def test_what_does_not_plainly_pass_proves_nothing(map_of, test):
    mark = "" if "@clause" in test else "@clause('R1')\n"

    assert map_of(mark + test) == ["R1 open", "R2 open"]


def test_the_cases_of_a_test_share_one_name(map_of):
    test = "@clause('R1')\n@pytest.mark.parametrize('case', [1, 2])\ndef test_a(case): pass"

    assert map_of(test) == ["R1 proved test_it.py::test_a", "R2 open"]


def test_workers_report_to_one_map(map_of):
    tests = "@clause('R1')\ndef test_a(): pass\n@clause('R2')\ndef test_b(): pass"

    assert map_of(tests, "-n2") == ["R1 proved test_it.py::test_a", "R2 proved test_it.py::test_b"]


def test_where_nothing_is_marked_everything_is_open(map_of):
    assert map_of("def test_a(): pass", "-m", "clause") == ["R1 open", "R2 open"]


@pytest.mark.parametrize("mark", ["clause('R3')", "clause('R1', 'r2')", "clause()"])
def test_a_mark_that_names_no_clause_stops_the_run(map_of, pytester, mark):
    with pytest.raises(FileNotFoundError):
        map_of(f"@{mark}\ndef test_a(): pass")

    outcome = pytester.runpytest(*PLUGINS)
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*test_a is marked as proving *; docs/clauses.md lists the clauses"])
