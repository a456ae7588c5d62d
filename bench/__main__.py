"""`make bench`: the panel beside its peer on the same data, in one table a size."""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SIZES = {"small": (20_000,), "": (20_000, 200_000), "large": (20_000, 200_000, 1_000_000)}
LOAD_SECONDS = 6 * 3600
APPS = ("panel", "raw", "stock")
"""The panel first: it has the most cases, and their order is that of the table."""


def main() -> None:
    sizes = SIZES.get(os.environ.get("SIZE", ""))
    if sizes is None:
        sys.exit(f"SIZE is one of {', '.join(name for name in SIZES if name)}, or left out.")
    from bench.servers import served

    with served() as (uri, server), tempfile.TemporaryDirectory() as folder:
        os.environ["BENCH_KEYS"] = str(Path(folder) / "keys.json")
        os.environ["BENCH_NOW"] = datetime.now(UTC).isoformat(timespec="seconds")
        print(f"On {server}, with {os.cpu_count()} processors, {datetime.now(UTC):%Y-%m-%d}.\n")
        for size in sizes:
            print("\n".join(_measured(uri, size)), flush=True)
            print()


def _measured(uri: str, size: int) -> list[str]:
    from bench.table import lines

    begun = time.monotonic()
    _load(uri, size)
    _say(f"{size:,} complaints were written in {time.monotonic() - begun:,.0f} s.")
    return lines(size, _costs(uri, size))


def _load(uri: str, size: int) -> None:
    """Write the data of both, with all indexes."""
    import pymongo

    import documents  # noqa: F401 — registers what has indexes
    from bench import data, stock
    from records.storage import keys
    from records.storage.database import client, connect, database
    from records.storage.indexes import ensure_indexes
    from security.keyring import Keyring

    file = Path(os.environ["BENCH_KEYS"])
    if not file.exists():
        Keyring.new().write(file)
    data.use_keys()
    connect(uri, f"bench_panel_{size}")
    keys.forget()
    with pymongo.timeout(LOAD_SECONDS):
        ensure_indexes()
        peer = client()[f"bench_stock_{size}"]
        for index in stock.INDEXES:
            peer.complaints.create_index([(index.lstrip("-"), -1 if index.startswith("-") else 1)])
        data.load(database(), peer, size, lambda done: _say(f"{done:,} of {size:,}", done % 20_000 == 0))


def _costs(uri: str, size: int) -> dict[str, dict[str, dict[str, Any]]]:
    """Measure case by case, each application in a process of its own and right after the other, so that
    a machine that is faster at one time than at another is the same to all."""
    from bench.worker import Worker

    costs: dict[str, dict[str, dict[str, Any]]] = {app: {} for app in APPS}
    with ExitStack() as stack:
        workers = {
            app: stack.enter_context(
                Worker.started(app, uri, f"bench_{'panel' if app == 'panel' else 'stock'}_{size}")
            )
            for app in APPS
        }
        while case := next((worker.case for worker in workers.values() if worker.case), None):
            for app, worker in workers.items():
                if worker.case == case:
                    costs[app][case] = worker.measure()
                    _say(f"{case}: {app} {costs[app][case]}")
    return costs


def _say(text: str, when: bool = True) -> None:
    if when:
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
