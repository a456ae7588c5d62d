"""What a record's page offers: the usual next things as buttons, the rest in a menu by subject."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from records.declaration.actions import ActionGroup

Act = dict[str, Any]
FEW = 4
"""So few things need no menu."""
LEADING = 3
"""So many of the usual next things are buttons at most."""
ORDER = list(ActionGroup)


def offers(acts: Iterable[Act]) -> dict[str, Any]:
    """`buttons` in the order of their groups, the first of the usual next things as the primary one, then
    editing; `menu` has the rest: `[{"label", "acts"}]`."""
    acts = sorted(acts, key=_group_order)
    leading = [act for act in acts if act.get("leads")][:LEADING]
    usual = [{**act, "primary": number == 0} for number, act in enumerate(leading)]
    standing = [{**act, "primary": not usual} for act in acts if act.get("primary")]
    rest = [act for act in acts if act not in leading and not act.get("primary")]
    if len(acts) <= FEW:
        return {"buttons": [*usual, *standing, *rest], "menu": []}
    return {"buttons": [*usual, *standing], "menu": _by_group(rest)}


def _group(act: Act) -> ActionGroup:
    """What only leads to another page about the record is among its papers."""
    return ActionGroup(act.get("group", ActionGroup.PAPERS))


def _group_order(act: Act) -> int:
    return ORDER.index(_group(act))


def _by_group(acts: list[Act]) -> list[dict[str, Any]]:
    """The acts of each group that has any, what destroys something at its end."""
    found = []
    for group in ActionGroup:
        here = sorted((act for act in acts if _group(act) is group), key=lambda act: bool(act.get("danger")))
        if here:
            found.append({"label": _(group.label), "name": group.value, "acts": here})
    return found
