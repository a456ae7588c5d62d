"""`make bench`: the panel beside its peer on the same data, in one table a size."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

SIZES = {"small": (20_000,), "": (20_000, 200_000), "large": (20_000, 200_000, 1_000_000)}
LOAD_SECONDS = 6 * 3600
APPS = ("raw", "panel", "stock")


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
    costs = {app: _costs(app, uri, f"bench_{'panel' if app == 'panel' else 'stock'}_{size}") for app in APPS}
    return lines(size, costs)


def _load(uri: str, size: int) -> None:
    """Write the data of both, with all indexes."""
    import pymongo

    import documents  # noqa: F401 — registers what has indexes
    from bench import data, stock
    from documents.privacy import keys
    from documents.storage.database import client, connect, database
    from documents.storage.indexes import ensure_indexes
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


def _costs(app: str, uri: str, name: str) -> dict[str, dict[str, float]]:
    """Measure one application in a process of its own, so that its memory is its own as well."""
    command = [sys.executable, "-m", "bench.worker", app, uri, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        found = {}
        for line in worker.stdout or ():
            if not line.startswith('{"case"'):
                continue  # what the application logs
            row = json.loads(line)
            _say(f"{app}: {row}")
            found[row.pop("case")] = row
    return found


def _say(text: str, when: bool = True) -> None:
    if when:
        print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
