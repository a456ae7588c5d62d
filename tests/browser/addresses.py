"""Every page of the panel that can be opened by its address, found in the map of addresses itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from flask import Flask, template_rendered
from werkzeug.routing import Rule

from records.declaration.actions import actions_of
from records.declaration.record import Governed
from tests.browser.page_outline import Outline
from tests.plugins.client import PanelClient

HTML = "text/html"
CLOSED = {403, 404}
"""To nobody's eyes: no role may, or this kind of record has no such thing."""


@dataclass(frozen=True)
class Place:
    """A page as a person with every role gets it."""

    address: str
    template: str
    html: str

    @cached_property
    def outline(self) -> Outline:
        return Outline(self.html)


def places(app: Flask, browser: PanelClient, records: dict[str, list[Governed]]) -> list[Place]:
    """Open every address with the browser, about the records given; what shows no page is left out."""
    templates: list[str] = []

    def remember(_app: Flask, template: object, **_context: object) -> None:
        templates.append(template.name or "")  # type: ignore[attr-defined]

    found = []
    with template_rendered.connected_to(remember, app):
        for address in sorted(addresses(app, records)):
            templates.clear()
            answer = browser.get(address)
            if answer.mimetype == HTML and answer.status_code not in CLOSED:
                assert answer.status_code == 200, f"{address} answers {answer.status}"
                found.append(Place(address, templates[0], answer.text))
    return found


def addresses(app: Flask, records: dict[str, list[Governed]]) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin/") and "GET" in (rule.methods or ()):
            yield from _filled(rule, records)


def _filled(rule: Rule, records: dict[str, list[Governed]]) -> Iterator[str]:
    """The addresses of a rule: one for each verb, about a record it can be done with now."""
    mine = records.get(rule.rule.split("/")[2], [])
    if rule.rule.endswith("/do/<name>/"):
        for name, verb in actions_of(type(mine[0])).items():
            ready = next((record for record in mine if verb.when(record)), None)
            if ready:
                yield f"{rule.rule.replace('<name>', name)}?id={ready.pk}"
    elif not rule.arguments:
        yield f"{rule.rule}?id={mine[0].pk}" if mine else rule.rule
