"""The parts that pages are set from are made once and not for every answer, so they know nothing of one."""

import re

from flask import Flask
from jinja2 import meta

PARTS = re.compile(r'{%-? from "([^"]+)" import ')


def test_no_part_asks_for_more_than_it_is_given(app: Flask) -> None:
    pages = app.jinja_env
    sources = {
        name: pages.loader.get_source(pages, name)[0]
        for name in pages.list_templates(filter_func=lambda name: name.startswith("steward/"))
    }
    parts = {part for source in sources.values() for part in PARTS.findall(source)}
    assert "steward/macros.html" in parts

    asked = {
        f"{part}: {name}"
        for part in parts
        for name in meta.find_undeclared_variables(pages.parse(sources[part])) - pages.globals.keys()
    }

    assert not asked


def test_every_part_is_taken_without_the_page(app: Flask) -> None:
    pages = app.jinja_env
    names = pages.list_templates(filter_func=lambda name: name.startswith("steward/"))

    assert not [name for name in names if " with context" in pages.loader.get_source(pages, name)[0]]
