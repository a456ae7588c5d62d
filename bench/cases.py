"""What all are measured by."""

from collections.abc import Callable
from typing import Any

Case = tuple[str, Callable[[], Any]]
PAGE = 20
DEEP = 9_980
"""The deep page begins after so many rows: page 500."""
BULK, EXPORT = 10_000, 20_000
AT_ONCE = 4
"""So many people take records out at once while a page is asked for."""
SEALED = ("content", "contact_phone")
"""What an export of personal data opens beside the usual columns."""
SEARCH_EN, SEARCH_ZH = "refund", "退款"
ONCE = ("bulk",)
