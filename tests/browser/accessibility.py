"""What is wrong with a page as a browser shows it: what axe finds, what sticks out, where Tab stumbles."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
MOST_STEPS = 400
Problems = list[str]

JUDGE = "options => axe.run(options).then(found => found.violations)"
STICKS_OUT = """() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const outside = [...document.querySelectorAll("main *")].filter(one =>
        one.checkVisibility({visibilityProperty: true}) && one.getBoundingClientRect().right > innerWidth + 1);
    return ["by " + (document.documentElement.scrollWidth - innerWidth), ...outside.map(one => one.outerHTML.slice(0, 160))];
}"""
FOCUSED = """() => {
    const here = document.activeElement, style = getComputedStyle(here);
    here.dataset.reached = "";
    return {
        what: here.matches("main *, .skip") ? here.outerHTML.slice(0, 160) : "",
        skips: here.matches(".skip"),
        seen: style.outlineStyle !== "none" && style.outlineWidth !== "0px",
    };
}"""
"""What has the focus, as long as it is of the page itself, and whether one sees so."""
UNREACHED = """() => [...document.querySelectorAll(
    "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)"
)].filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true}) && !("reached" in one.dataset)
    && !(one.type === "radio" && document.querySelector(`[name="${one.name}"][data-reached]`)))
.map(one => one.outerHTML.slice(0, 160))"""
"""The controls one never came to; of several radio buttons one is enough."""


def too_wide(page: Page, where: str) -> Problems:
    return [f"{where} is wider than the screen: {what}" for what in page.evaluate(STICKS_OUT)[:6]]


def judged(page: Page, where: str, *rules: str) -> Problems:
    """What axe finds wrong, by these of its rules or by all."""
    page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    violations: list[dict[str, Any]] = page.evaluate(JUDGE, options)
    return [f"{where}: {one['id']}: {node['html'][:200]}" for one in violations for node in one["nodes"]]


def stumbled(page: Page, where: str) -> Problems:
    """Skip the navigation, then go through the page with Tab alone, seeing each time where one is."""
    page.keyboard.press("Tab")
    if not page.evaluate(FOCUSED)["skips"]:
        return [f"{where}: the first step is not past the navigation"]
    page.keyboard.press("Enter")
    unseen = []
    for _step in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if not focused["what"]:
            break
        if not focused["seen"]:
            unseen.append(f"{where}: one does not see that one is on {focused['what']}")
    return [*unseen, *(f"{where}: Tab never comes to {what}" for what in page.evaluate(UNREACHED))]
