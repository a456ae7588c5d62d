"""How much room a database needs on its disk."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from embedded.free_space import LEAST, MOST, free_space


@pytest.mark.parametrize(
    ("total", "floor"),
    [
        (50 * LEAST - 50, LEAST),
        (50 * LEAST + 50, LEAST + 1),
        (50 * MOST - 50, MOST - 1),
        (50 * MOST + 50, MOST),
    ],
)
def test_two_in_a_hundred_stay_free_within_bounds(
    total: int, floor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=total, free=7))
    assert free_space(tmp_path) == (7, floor)


def test_a_folder_still_to_be_made_is_measured_where_it_will_stand(tmp_path: Path) -> None:
    assert free_space(tmp_path / "not" / "yet")[1] == free_space(tmp_path)[1]
