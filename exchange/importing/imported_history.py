"""State, closing time and steps of a ticket that lived elsewhere, brought to agree with each other."""

from datetime import datetime
from typing import Any

from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.ticket import StateChange
from exchange.importing.mapping import STATE_SINCE, Rule
from exchange.importing.row_errors import RowError, listed, shortened
from language.words import N_
from security.actor import current_actor


class InconsistentHistory(Exception):
    """What a row says of its life cannot be."""

    def __init__(self, message: str, rule: Rule, **values: Any) -> None:
        super().__init__(message)
        self.fault = RowError(message, {"columns": listed(rule.columns), **values})


def reconcile(values: dict[str, Any], rules: dict[str, Rule], now: datetime) -> tuple[RowError, ...]:
    """Complete `values`; return remarks on what was left out. Raises `InconsistentHistory`.

    The state decides. Where the file names none, a closing time means closed. What is closed
    without a closing time was closed when its state was reached. A file with a column for the
    creation or the closing has to fill it; without such a column both are those of the import.
    """
    created, closed, since = (values.get(name) for name in ("created_at", "closed_at", STATE_SINCE))
    values.pop(STATE_SINCE, None)
    if created is None and "created_at" in rules:
        raise InconsistentHistory(
            N_("%(columns)s: nothing stands there, and it is needed."), rules["created_at"]
        )
    created = created or now
    state = _state(values.get("state"), closed, rules)
    remarks = []
    if state not in CLOSED_STATES:
        if closed:
            message = N_("%(columns)s: left out, since it is not closed.")
            remarks.append(RowError(message, {"columns": listed(rules["closed_at"].columns)}))
        closed = None
    else:
        closed = closed or since
        if closed is None and "closed_at" in rules:
            message = N_("%(columns)s: it is closed, and nothing says since when.")
            raise InconsistentHistory(message, rules["closed_at"])
        closed = closed or now
        if closed < created:
            remarks.append(RowError(N_("It was closed before it was created; both times were kept.")))
    values |= {"state": state, "closed_at": closed, "moves": _steps(state, created, closed or since or now)}
    return tuple(remarks)


def _state(named: str | None, closed: datetime | None, rules: dict[str, Rule]) -> State:
    if not named:
        return State.CLOSED if closed else State.RECEIVED
    try:
        return State(named)
    except ValueError:
        message = N_("%(columns)s: “%(value)s” does not fit.")
        raise InconsistentHistory(message, rules["state"], value=shortened(named)) from None


def _steps(state: State, created: datetime, reached: datetime) -> list[StateChange]:
    steps = [StateChange(state=State.RECEIVED, at=created, by=current_actor().name)]
    if state is not State.RECEIVED:
        steps.append(StateChange(state=state, at=reached, by=current_actor().name))
    return steps
