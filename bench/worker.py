"""One application in a process of its own: `python -m bench.worker panel URI DATABASE` prints a line a case."""

import importlib
import json
import sys

from bench.cases import ONCE
from bench.measure import cost


def main(app: str, uri: str, name: str) -> None:
    for case, work in importlib.import_module(f"bench.{app}").cases(uri, name):
        measured = cost(work, once=case.startswith(ONCE))
        print(json.dumps({"case": case, **measured.stored()}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
