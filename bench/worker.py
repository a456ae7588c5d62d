"""One application in a process of its own, and how it is told when it is its turn.

`python -m bench.worker panel URI DATABASE` names a case, waits for a line, measures, and names the next.
"""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from bench.cases import ONCE
from bench.measure import cost

MARK = "measured: "
"""Begins each line that is for who measures; an application logs others."""


class Worker:
    """An application that waits for its turn; `case` is what it would do next."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.case: str | None = self._heard()

    @classmethod
    @contextmanager
    def started(cls, app: str, uri: str, name: str) -> Iterator[Self]:
        command = [sys.executable, "-m", "bench.worker", app, uri, name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield cls(process)

    def measure(self) -> dict[str, Any]:
        """What the case costs."""
        self._process.stdin.write("\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        found = self._heard()
        self.case = self._heard()
        return found

    def _heard(self) -> Any:
        for line in self._process.stdout or ():
            if line.startswith(MARK):
                return json.loads(line.removeprefix(MARK))
        raise RuntimeError("An application that was measured has died; what it said stands above.")


def main(app: str, uri: str, name: str) -> None:
    for case, work in importlib.import_module(f"bench.{app}").cases(uri, name):
        _say(case)
        sys.stdin.readline()
        _say(cost(work, once=case.startswith(ONCE)).stored())
    _say(None)


def _say(what: Any) -> None:
    print(MARK + json.dumps(what), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
