"""Public holidays and make-up workdays, from the `holidays` library.

China and Taiwan move workdays to weekends by a yearly notice. The library knows the notices that were
published when it was released; for later years it gives the days the law itself names and no make-up
workdays. It is loaded when first asked, since most processes never need it.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from language.languages import Language


@lru_cache(maxsize=64)
def public_holidays(country: str, year: int, language: str) -> Mapping[date, str]:
    """Each public holiday of one year with its name in one of our languages, days in lieu included."""
    names = _year(country, year, language)
    return MappingProxyType({day: _with_iso_dates(name) for day, name in names.items()})


@lru_cache(maxsize=64)
def makeup_workdays(country: str, year: int) -> frozenset[date]:
    """The days of a weekend that are worked in one year, as far as they are published."""
    return frozenset(day for day in _year(country, year, "en").weekend_workdays if day.year == year)


def _year(country: str, year: int, language: str) -> Any:
    import holidays

    names = Language.named(language).holiday_names  # a country without names in it gives its English ones
    return holidays.country_holidays(country, years=year, expand=False, language=names)


def _with_iso_dates(name: str) -> str:
    """The English names say "substituted from 02/14/2026", which half of their readers take for a day 02."""
    return re.sub(r"\b(\d\d)/(\d\d)/(\d{4})\b", r"\3-\1-\2", name)
