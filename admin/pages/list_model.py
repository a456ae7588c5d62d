"""A list as its template wants it: columns, rows, filters, pages; everything lives in the address."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from bson import ObjectId
from mongoengine import ListField
from mongoengine.base import BaseField

from admin.formatting import Display, choice_words, label_of, title_of
from admin.i18n import gettext as _
from records.declaration.record import Governed
from records.lists import index_selection, paging, reference_labels, search
from records.lists.date_presets import EMPTY, Preset
from records.lists.filters import OVERDUE, YES, Filter, FilterParams, FilterType, fields_at, filters_of
from records.lists.paging import Cursor, Order

SIZES = (20, 50, 100)
PLACE = frozenset({"after", "before", "last", "from"})
"""Words of an address that say where in the list the reader is, not what the list is."""


class Listing:
    """One reading of a list: what is asked for, and the page that answers."""

    def __init__(self, kind: type[Governed], asked: FilterParams, query: Mapping[str, Any], url: str) -> None:
        self.kind, self.asked, self.query, self.url = kind, asked, query, url
        self.size = int(size) if (size := self._one("size")).isdigit() and int(size) in SIZES else SIZES[0]
        self.search = " ".join(asked.get("search", [])).strip()
        self.sortable = sortable(kind)
        self.order = self._order()

    def _order(self) -> Order:
        """As asked; else what was found newest first, the overdue by their promise, the rest as declared."""
        wanted = self._one("sort")
        if wanted and wanted.lstrip("-") in self.sortable:
            return Order.of(wanted)
        if self.search:
            return search.NEWEST_MATCH
        if self._one(OVERDUE.name) in YES and "due_at" in self.sortable:
            return Order.of("due_at")
        return Order.of(self.kind.policy.order)

    def _one(self, name: str) -> str:
        return next(iter(self.asked.get(name, [])), "")

    def read(self) -> paging.Page:
        """Read the page asked for; whose number was typed comes first. Raises `paging.BadCursor`."""
        fields = projection(self.kind, (*self.kind.policy.columns, self.order.field))
        number = search.by_number(self.kind, self.search, self.query, fields) if self.search else None
        if number is None:
            return self._page(self.query, fields, self.size)
        others = self._page({**self.query, "_id": {"$ne": number["_id"]}}, fields, self.size - 1)
        if others.has_previous:
            return others
        return replace(others, rows=[number, *others.rows])

    def _page(self, query: Mapping[str, Any], fields: dict[str, int], size: int) -> paging.Page:
        after, before = self._one("after"), self._one("before")
        return paging.page(
            self.kind.collection_name(),
            query,
            self.order,
            size=size,
            fields=fields,
            after=Cursor.read(after) if after else None,
            before=Cursor.read(before) if before else None,
            last=bool(self._one("last")),
        )

    def address(self, **changes: Any) -> str:
        """This list's address with some words changed, at its first page unless told otherwise."""
        words = {name: values for name, values in self.asked.items() if name not in PLACE} | changes
        pairs = urlencode(
            {name: value for name, value in words.items() if value not in (None, [], "")}, doseq=True
        )
        return f"{self.url}?{pairs}" if pairs else self.url

    # -- what the template shows -------------------------------------------------------------

    def columns(self) -> list[dict[str, Any]]:
        found = []
        for name in self.kind.policy.columns:
            here = self.order.field == name
            found.append(
                {
                    "name": name,
                    "label": label_of(self.kind, name),
                    "sorted": ("desc" if self.order.descending else "asc") if here else None,
                    "sort_url": self.address(sort=name if not here or self.order.descending else f"-{name}")
                    if name in self.sortable
                    else None,
                }
            )
        return found

    def rows(self, page: paging.Page, display: Display) -> list[dict[str, Any]]:
        display.prepare(page.rows, self.kind.policy.columns)
        makers = [display.column(name) for name in self.kind.policy.columns]
        details = self.url + "details/?id="
        return [
            {
                "id": (pk := str(row["_id"])),
                "url": details + pk,
                "label": title_of(self.kind, row),
                "cells": [make(row) for make in makers],
            }
            for row in page.rows
        ]

    def pager(self, page: paging.Page) -> dict[str, Any]:
        """Links to the pages beside this one, and which rows these are where that is known."""
        first = int(start) if (start := self._one("from")).isdigit() else 1
        known = not self._is_backwards() and (first == 1 or bool(self._one("after")))
        count = len(page.rows)
        top, bottom = (Cursor.at(page.rows[i], self.order) for i in (0, -1)) if count else (None, None)
        if page.reached:
            top, bottom = (page.reached, bottom) if self._is_backwards() else (top, page.reached)
        onwards = {"from": first + count} if known else {}
        return {
            "first": self.address() if page.has_previous else None,
            "previous": self.address(before=top or self._one("after")) if page.has_previous else None,
            "next": self.address(after=bottom or self._one("before"), **onwards) if page.has_next else None,
            "last": self.address(last=1) if page.has_next else None,
            "size": self.size,
            "sizes": [(size, self.address(size=size)) for size in SIZES],
            "from": first if known and count else None,
            "to": first + count - 1 if known and count else None,
        }

    def stopped(self, page: paging.Page, display: Display) -> dict[str, Any] | None:
        """Where the reading stopped before the page was full, and the address that goes on from there."""
        if page.reached is None:
            return None
        pager = self.pager(page)
        at = page.reached.key or page.reached.id.generation_time
        return {
            "at": display.moment(at) if isinstance(at, datetime) else str(at),
            "url": pager["previous" if self._is_backwards() else "next"],
        }

    def _is_backwards(self) -> bool:
        return bool(self._one("before") or self._one("last"))

    def filters(self, lookup: Any) -> list[dict[str, Any]]:
        """The filter controls; `lookup(collection)` is where references are searched for."""
        return [self._control(one, lookup) for one in filters_of(self.kind).values()]

    def _control(self, one: Filter, lookup: Any) -> dict[str, Any]:
        given = self.asked.get(one.name, [])
        control: dict[str, Any] = {
            "name": one.name,
            "label": _(one.label),
            "type": str(one.form),
            "value": given[0] if given else "",
            "active": any(self.asked.get(name) for name in one.words),
            "empty": EMPTY in given if one.optional else None,
        }
        if one.form is FilterType.CHOICES:
            control["choices"] = [
                {
                    "value": str(c),
                    "label": _(getattr(c, "label", str(c))),
                    "count": None,
                    "active": str(c) in given,
                }
                for c in one.choices
            ]
        elif one.form is FilterType.BOOL and given:
            control["value"] = "1" if given[0] in YES else "0"
        elif one.form is FilterType.DATE:
            control["presets"] = [
                {"label": _(p.label), "value": str(p), "active": str(p) in given} for p in Preset
            ]
            control["from"], control["to"] = self._one(f"{one.name}_from"), self._one(f"{one.name}_to")
        elif one.form is FilterType.REFERENCE:
            control["value"] = given[0] if given and given[0] != EMPTY else ""
            control["lookup_url"] = lookup(one.kind)
            control["text"] = self._reference_label(one, control["value"])
            control["search"] = self._one(f"{one.name}_search")
        elif one.form is FilterType.NUMBER:
            control["from"], control["to"] = self._one(f"{one.name}_from"), self._one(f"{one.name}_to")
        return control

    def active_filters(self) -> list[dict[str, str]]:
        """What narrows the list now, each with the address that undoes it."""
        found = []
        for one in filters_of(self.kind).values():
            for word in one.words:
                for value in filter(None, self.asked.get(word, [])):
                    rest = [other for other in self.asked[word] if other != value]
                    found.append(
                        {
                            "label": _(one.label),
                            "value": self._said(one, word, value),
                            "remove_url": self.address(**{word: rest}),
                        }
                    )
        if words := self._one("search"):
            found.append({"label": _("Search"), "value": words, "remove_url": self.address(search=None)})
        return found

    def _said(self, one: Filter, word: str, value: str) -> str:
        if value == EMPTY:
            return _("Empty")
        if word.endswith("_from") and word != one.name:
            return _("from %(value)s", value=value)
        if word.endswith("_to") and word != one.name:
            return _("to %(value)s", value=value)
        if word.endswith("_search") and word != one.name:
            return f"“{value}”"
        if one.form is FilterType.BOOL or one.name == OVERDUE.name:
            return _("Yes") if value in YES else _("No")
        if one.form is FilterType.DATE:
            return _(Preset(value).label)
        if one.form is FilterType.CHOICES:
            return choice_words(_choice_field(self.kind, one)).get(value, value)
        return self._reference_label(one, value) if one.form is FilterType.REFERENCE else value

    def _reference_label(self, one: Filter, value: str) -> str:
        if not ObjectId.is_valid(value):
            return ""
        pk = ObjectId(value)
        return reference_labels.labels({one.kind: [pk]}).get((one.kind, pk)) or _("(erased)")


def _choice_field(kind: type[Governed], one: Filter) -> BaseField:
    field = fields_at(kind, one.name)[-1]
    return field.field if isinstance(field, ListField) else field


def sortable(kind: type[Governed]) -> frozenset[str]:
    """The columns a list can be sorted by: moments that lead an index, and what tells each record from all
    others, such as its number, along which pages are cheap however many there are; and what the declaration
    itself sorts by."""
    leading = {spec["fields"][0][0] for spec in kind._meta.get("index_specs", []) if spec["fields"]}
    stored = {name: kind._fields[name].db_field for name in kind.policy.columns}
    cheap = {
        name
        for name, field in stored.items()
        if (field in leading and field.endswith("_at"))
        or index_selection.is_unique(kind.collection_name(), field)
    }
    return frozenset({*cheap, kind.policy.order.lstrip("-")})


def projection(kind: type[Governed], names: tuple[str, ...]) -> dict[str, int]:
    """The stored fields a list reads: those it shows, and those by which it judges them."""
    judged = ("created_at", "closed_at", "due_at", "paused_at") if kind.policy.deadlines else ()
    wanted = {*names, *judged, kind.policy.label, "redactions"}
    return {kind._fields[name].db_field: 1 for name in wanted if name in kind._fields}
