"""The rooms and what each may import: the tables of docs/architecture.md, held as an invariant."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MAX_LINES = 400
MAX_UPWARD_IMPORTS = 8
MAX_DOCUMENTS_SHARE = 1 / 3
WITH_FLASK = {"admin", "commands", "app"}
OUTSIDE_THE_ROOMS = {"tests", "bench"}
"""These may look into every room, and no room into these."""


def table(heading: str) -> dict[str, str]:
    """Return the last column of the first table below a heading of the map, by the name in its first column."""
    lines = MAP.split(f"{heading}\n", 1)[1].split("\n#", 1)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return {row[0].strip("`/").removesuffix(".py"): row[-1] for row in rows}


ROOMS = table("## The rooms")
SUBJECTS = list(table("### Inside `documents/`"))


def allowed_imports(room: str) -> set[str]:
    """Return the rooms that files of `room` may import."""
    if ROOMS[room] == "every room":
        return {*ROOMS} - {"app"} - ({"config"} if room != "app" else set())
    return set(re.findall(r"`(\w+)(?:/|\.py)`", ROOMS[room]))


def violations(root: Path) -> list[str]:
    """Return, for each file under `root`, which rule of the ground plan it breaks."""
    return [f"{file.relative_to(root)} {fault}" for file in files(root) for fault in _faults(root, file)]


def files(root: Path) -> Iterator[Path]:
    yield from sorted(root.glob("*.py"))
    for room in sorted({*ROOMS, *OUTSIDE_THE_ROOMS}):
        yield from sorted((root / room).rglob("*.py"))


def _faults(root: Path, file: Path) -> Iterator[str]:
    room = file.relative_to(root).with_suffix("").parts[0]
    source = file.read_text(encoding="utf-8")
    if file.stem in {"utils", "helpers", "misc", "common"}:
        yield "is named after no subject"
    if room in ROOMS and (lines := len(source.splitlines())) > MAX_LINES:
        yield f"has {lines} lines, more than {MAX_LINES}"
    if room not in {*ROOMS, *OUTSIDE_THE_ROOMS}:
        yield "is in no room"
        return
    for module in sorted({name.partition(".")[0] for name in imports(ast.parse(source))}):
        if not _may_import(room, module):
            yield f"imports {module}"


def _may_import(room: str, module: str) -> bool:
    if module.startswith("secantus"):
        return False  # the embedded database is a process beside ours, under a licence of its own
    if room in OUTSIDE_THE_ROOMS:
        return True
    if module in OUTSIDE_THE_ROOMS or (room not in WITH_FLASK and module.startswith("flask")):
        return False
    return module == room or module not in ROOMS or (room in ROOMS and module in allowed_imports(room))


COLLECTION_BY_STRING = re.compile(r"""database\(\)\[["']""")


def test_no_collection_is_named_by_string_outside_the_records():
    """Elsewhere a collection is asked of its class, so that a rename finds every use."""
    named = [
        str(file.relative_to(ROOT))
        for file in files(ROOT)
        if file.relative_to(ROOT).parts[0] not in {"records", *OUTSIDE_THE_ROOMS}
        and COLLECTION_BY_STRING.search(file.read_text(encoding="utf-8"))
    ]

    assert named == []


def imports(tree: ast.AST) -> set[str]:
    """Return the modules imported anywhere in a tree, also late or for types only, as `module` or `module.name`."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


@cache
def import_graph() -> dict[str, set[str]]:
    """Return, for every module of the rooms, the modules of the rooms that it imports."""
    modules = {
        _module(file): file
        for file in files(ROOT)
        if file.relative_to(ROOT).parts[0] not in OUTSIDE_THE_ROOMS
    }
    graph = {}
    for module, file in modules.items():
        targets = {_known(name, modules) for name in imports(ast.parse(file.read_text(encoding="utf-8")))}
        graph[module] = {target for target in targets if target and target != module}
    return graph


def _module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _known(name: str, modules: dict[str, Path]) -> str:
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the groups of modules that import each other, directly or through others."""
    reachable: dict[str, set[str]] = {}
    for start, targets in graph.items():
        seen: set[str] = set()
        waiting = [*targets]
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting.extend(graph.get(module, ()))
        reachable[start] = seen
    found = {
        frozenset(other for other in graph if module in reachable[other] and other in reachable[module])
        for module in graph
    }
    return [set(group) for group in found if group]


def test_every_file_follows_the_ground_plan():
    assert violations(ROOT) == []


def test_no_module_imports_itself_through_others():
    assert circles(import_graph()) == []


@pytest.mark.parametrize(
    ("graph", "found"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [{"a", "b"}]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}}, [{"a", "b", "c"}]),
    ],
)
def test_import_circles_are_computed(graph, found):
    assert circles(graph) == found


def test_rooms_import_only_rooms_that_stand_above_them():
    order = [*ROOMS]

    assert [
        (room, other)
        for room in ROOMS
        for other in allowed_imports(room) - {"config"}
        if order.index(other) > order.index(room) and ROOMS[room] != "every room"
    ] == []


def test_documents_import_upwards_in_few_places():
    order = {name: place for place, name in enumerate(SUBJECTS)}
    upward = [
        f"{module} -> {target}"
        for module, targets in import_graph().items()
        for target in targets
        if (here := _subject(module)) and (there := _subject(target)) and order[there] > order[here]
    ]

    assert len(upward) <= MAX_UPWARD_IMPORTS, upward


def _subject(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "documents" and len(parts) > 2 else ""


def test_documents_are_at_most_a_third_of_the_code():
    lines = {
        file: len(file.read_text().splitlines())
        for file in files(ROOT)
        if file.relative_to(ROOT).parts[0] not in OUTSIDE_THE_ROOMS
    }
    documents = sum(count for file, count in lines.items() if file.relative_to(ROOT).parts[0] == "documents")

    assert documents / sum(lines.values()) <= MAX_DOCUMENTS_SHARE


@pytest.mark.parametrize("room", ["records", "documents"])
def test_the_map_names_every_folder(room):
    folders = {path.name for path in (ROOT / room).iterdir() if (path / "__init__.py").exists()}

    assert folders == {*table(f"### Inside `{room}/`")}


@pytest.mark.parametrize(
    ("file", "source", "fault"),
    [
        ("security/keys.py", "import records.storage.keys", "imports records"),
        ("records/user.py", "from documents.people.user import User", "imports documents"),
        ("documents/user.py", "from reports.figures import count", "imports reports"),
        ("documents/user.py", "import flask", "imports flask"),
        ("reports/figures.py", "from flask_babel import gettext", "imports flask_babel"),
        ("reports/figures.py", "from jobs import TIMETABLE", "imports jobs"),
        ("jobs/purge.py", "def purge():\n    from flask import g", "imports flask"),
        ("admin/views.py", "from jobs.purge import purge", "imports jobs"),
        ("admin/views.py", "import commands", "imports commands"),
        ("admin/views.py", "from config import Settings", "imports config"),
        ("jobs/purge.py", "import config", "imports config"),
        ("config.py", "import documents", "imports documents"),
        ("app.py", "import secantus", "imports secantus"),
        ("tests/test_app.py", "import secantusdb.server", "imports secantusdb"),
        ("documents/user.py", "from tests.factories import UserFactory", "imports tests"),
        ("documents/utils.py", "", "is named after no subject"),
        ("documents/user.py", "\n" * (MAX_LINES + 1), "has 401 lines, more than 400"),
        ("payments.py", "", "is in no room"),
    ],
)
def test_a_file_that_breaks_a_rule_is_named(tmp_path, file, source, fault):
    write(tmp_path, file, source)

    assert violations(tmp_path) == [f"{file} {fault}"]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("app.py", "import config, security, documents, reports, jobs, admin, flask"),
        ("admin/views.py", "from flask import g\nfrom documents import user\nfrom admin import words"),
        ("jobs/purge.py", "import reports.figures, documents, security.keys"),
        ("reports/figures.py", "from . import shares\nfrom .shares import share"),
        ("tests/test_app.py", "import config, flask, jobs"),
        ("documents/user.py", "\n" * MAX_LINES),
    ],
)
def test_a_file_that_keeps_the_rules_is_not_named(tmp_path, file, source):
    write(tmp_path, file, source)

    assert violations(tmp_path) == []


def write(root: Path, file: str, source: str) -> None:
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(source, encoding="utf-8")
