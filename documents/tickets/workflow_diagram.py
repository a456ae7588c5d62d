"""The lives of tickets, drawn: what docs/ticket-states.md holds and `python app.py states` prints."""

from collections.abc import Iterator

from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.states import CLOSED_STATES, State
from documents.tickets.workflow import Transition, Workflow

HEAD = """# The life of a ticket

This page is written by `python app.py states > docs/ticket-states.md`, from the same declaration
(documents/tickets/workflows.py) that offers the steps on a ticket's page and refuses the others.
"""


def drawn() -> str:
    """The whole page, in Markdown with Mermaid diagrams."""
    return "\n".join([HEAD, *_section(Complaint), *_section(Feedback)])


def _section(kind: type[Complaint | Feedback]) -> Iterator[str]:
    yield f"## {kind.policy.title}\n"
    yield "```mermaid"
    yield from mermaid(kind.workflow)
    yield "```\n"
    yield "| Step | From | To | Who | Asks |"
    yield "|---|---|---|---|---|"
    for step in kind.workflow.transitions.values():
        yield _row(step, kind)
    yield ""


def mermaid(life: Workflow) -> Iterator[str]:
    """A state diagram; each arrow bears the step that it is."""
    yield "stateDiagram-v2"
    states = [state for state in State if _is_used(state, life)]
    for state in states:
        yield f"    {state.value}: {state.label}"
    yield f"    [*] --> {State.RECEIVED.value}"
    for step in life.transitions.values():
        for state in states:
            if state in step.sources:
                yield f"    {state.value} --> {step.target.value}: {step.label}"
    for state in states:
        if state in CLOSED_STATES:
            yield f"    {state.value} --> [*]"


def _is_used(state: State, life: Workflow) -> bool:
    return any(state in step.sources or state is step.target for step in life.transitions.values())


def _row(step: Transition, kind: type[Complaint | Feedback]) -> str:
    asks = [f"{ask.label}{_marked(step, ask.name, required=ask.required)}" for ask in step.all_inputs]
    roles = sorted(kind.policy.access[step.requires]) if kind.policy.access else []
    came = ", ".join(state.label for state in State if state in step.sources)
    return f"| {step.label} | {came} | {step.target.label} | {', '.join(roles)} | {'; '.join(asks) or '—'} |"


def _marked(step: Transition, name: str, *, required: bool) -> str:
    """Nothing for what must be answered now; for the rest, whether it must be known by then."""
    if required:
        return ""
    return " (unless known)" if name in step.needs else " (optional)"
