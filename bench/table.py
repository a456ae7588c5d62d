"""The one table that a measurement prints."""

from collections.abc import Mapping
from typing import Any

Costs = Mapping[str, Mapping[str, Mapping[str, Any]]]
HEADER = "| {size:,} complaints | commands | app, ms | total, ms | memory, MB | app / stock | total / stock | app / raw | total / raw |"


def lines(size: int, costs: Costs) -> list[str]:
    """A row a case, with the panel's cost first and the stock application's and PyMongo's in brackets."""
    found = [HEADER.format(size=size), "|---|---|---|---|---|---|---|---|---|"]
    cases = dict.fromkeys([*costs["panel"], *costs["stock"], *costs["raw"]])
    for case in cases:
        ours, stock, raw = (costs[app].get(case) for app in ("panel", "stock", "raw"))
        found.append(
            f"| {case} | {_three(ours, stock, raw, 'commands')} | {_three(ours, stock, raw, 'app')} "
            f"| {_three(ours, stock, raw, 'total')} | {_three(ours, stock, raw, 'memory')} "
            f"| {_ratio(ours, stock, 'app')} | {_ratio(ours, stock, 'total')} "
            f"| {_ratio(ours, raw, 'app')} | {_ratio(ours, raw, 'total')} |"
        )
    return found


def _three(
    ours: Mapping[str, Any] | None, stock: Mapping[str, Any] | None, raw: Mapping[str, Any] | None, part: str
) -> str:
    return f"{_figure(ours and ours[part])} ({_figure(stock and stock[part])}, {_figure(raw and raw[part])})"


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 20 or value == int(value) else f"{value:.1f}"


def _ratio(ours: Mapping[str, Any] | None, other: Mapping[str, Any] | None, part: str) -> str:
    if not ours or not other or not other[part]:
        return "–"
    ratio = ours[part] / other[part]
    return f"{ratio:.{2 if ratio >= 0.1 else 4 if ratio >= 0.001 else 6}f}"
