"""The rooms and what each may import: the map in docs/architecture.md, held as an invariant."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
LONGEST = 400

MAY_IMPORT = {
    "config": set(),
    "security": set(),
    "documents": {"security"},
    "reports": {"security", "documents"},
    "jobs": {"security", "documents", "reports"},
    "admin": {"security", "documents", "reports"},
    "portal": {"security", "documents", "reports"},
    "demo": {"security", "documents"},
    "commands": {"security", "documents", "reports", "jobs", "admin", "portal", "demo"},
    "app": {"config", "security", "documents", "reports", "jobs", "admin", "portal", "commands"},
}
WITHOUT_FLASK = {"security", "documents", "reports", "jobs", "demo"}
BESIDE_THE_HOUSE = {"tests", "bench"}  # these look into every room


def broken_rules(house: Path) -> list[str]:
    """Say of each file under `house` which rule of the house it breaks."""
    return [f"{file.relative_to(house)} {fault}" for file in _files(house) for fault in _faults(house, file)]


def _files(house: Path) -> Iterator[Path]:
    yield from sorted(house.glob("*.py"))
    for room in sorted({*MAY_IMPORT, *BESIDE_THE_HOUSE}):
        yield from sorted((house / room).rglob("*.py"))


def _faults(house: Path, file: Path) -> Iterator[str]:
    room = file.relative_to(house).with_suffix("").parts[0]
    source = file.read_text(encoding="utf-8")
    if file.stem == "utils":
        yield "is named after no subject"
    if room in MAY_IMPORT and (lines := len(source.splitlines())) > LONGEST:
        yield f"has {lines} lines, more than {LONGEST}"
    if room not in MAY_IMPORT and room not in BESIDE_THE_HOUSE:
        yield "stands in no room"
    for module in sorted(_imports(ast.parse(source))):
        if not _may_import(room, module):
            yield f"imports {module}"


def _may_import(room: str, module: str) -> bool:
    if module.startswith("secantus"):
        return False  # the embedded database is a process beside ours, under a licence of its own
    if room in BESIDE_THE_HOUSE:
        return True
    if module in BESIDE_THE_HOUSE or (room in WITHOUT_FLASK and module.startswith("flask")):
        return False
    return module == room or module not in MAY_IMPORT or module in MAY_IMPORT.get(room, set())


def _imports(tree: ast.AST) -> set[str]:
    """Return the top-level modules imported anywhere in the tree, also late and for types only."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_file_keeps_the_rules_of_the_house():
    assert broken_rules(HOUSE) == []


def test_every_room_is_looked_into():
    seen = {file.relative_to(HOUSE).parts[0] for file in _files(HOUSE)}

    assert {"security", "documents", "tests"} <= seen


@pytest.mark.parametrize(
    ("file", "source", "fault"),
    [
        ("security/keys.py", "import documents.privacy.keys", "imports documents"),
        ("documents/user.py", "from reports.figures import count", "imports reports"),
        ("documents/user.py", "import flask", "imports flask"),
        ("reports/figures.py", "from flask_babel import gettext", "imports flask_babel"),
        ("reports/figures.py", "from jobs import TIMETABLE", "imports jobs"),
        ("jobs/purge.py", "def purge():\n    from flask import g", "imports flask"),
        ("admin/views.py", "from jobs.purge import purge", "imports jobs"),
        ("admin/views.py", "import portal", "imports portal"),
        ("portal/pages.py", "import jobs", "imports jobs"),
        ("portal/pages.py", "from config import Settings", "imports config"),
        ("jobs/purge.py", "import config", "imports config"),
        ("config.py", "import documents", "imports documents"),
        ("app.py", "import secantus", "imports secantus"),
        ("tests/test_app.py", "import secantusdb.server", "imports secantusdb"),
        ("documents/user.py", "from tests.factories import UserFactory", "imports tests"),
        ("documents/utils.py", "", "is named after no subject"),
        ("documents/user.py", "\n" * (LONGEST + 1), "has 401 lines, more than 400"),
        ("helpers.py", "", "stands in no room"),
    ],
)
def test_a_broken_rule_is_named(tmp_path, file, source, fault):
    write(tmp_path, file, source)

    assert broken_rules(tmp_path) == [f"{file} {fault}"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("app.py", "import config, security, documents, reports, jobs, admin, portal, flask"),
        ("admin/views.py", "from flask import g\nfrom documents import user\nfrom admin import words"),
        ("jobs/purge.py", "import reports.figures, documents, security.keys"),
        ("reports/figures.py", "from . import shares\nfrom .shares import share"),
        ("tests/test_app.py", "import config, flask, jobs"),
        ("documents/user.py", "\n" * LONGEST),
    ],
)
def test_a_kept_rule_is_not(tmp_path, file, source):
    write(tmp_path, file, source)

    assert broken_rules(tmp_path) == []


def write(house: Path, file: str, source: str) -> None:
    (house / file).parent.mkdir(exist_ok=True)
    (house / file).write_text(source, encoding="utf-8")


def test_the_map_names_every_folder_of_the_documents():
    told = (HOUSE / "docs" / "architecture.md").read_text()
    folders = {path.name for path in (HOUSE / "documents").iterdir() if (path / "__init__.py").exists()}

    assert {name for name in folders if f"`{name}/`" not in told} == set()


def test_every_file_at_the_top_of_the_documents_is_a_document_that_is_kept():
    files = {path for path in (HOUSE / "documents").glob("*.py") if path.stem != "__init__"}

    assert {path.name for path in files if "\n    meta = {" not in path.read_text()} == set()
