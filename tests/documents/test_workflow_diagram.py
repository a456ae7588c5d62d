"""The drawn lives of tickets are those that are lived."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app import cli
from documents.tickets.workflow_diagram import drawn, mermaid
from documents.tickets.workflows import COMPLAINT_WORKFLOW, FEEDBACK_WORKFLOW

PAGE = Path(__file__).parents[2] / "docs/ticket-states.md"


def test_the_page_in_the_documentation_is_current():
    assert PAGE.read_text(encoding="utf-8") == drawn(), "python app.py states > docs/ticket-states.md"


def test_the_command_prints_the_page():
    assert CliRunner().invoke(cli, ["states"]).output == drawn()


@pytest.mark.parametrize("workflow", [COMPLAINT_WORKFLOW, FEEDBACK_WORKFLOW], ids=["complaints", "feedback"])
def test_every_way_from_state_to_state_is_an_arrow(workflow):
    arrows = {line.split(":")[0].strip() for line in mermaid(workflow) if "-->" in line and "[*]" not in line}

    assert arrows == {f"{here} --> {there}" for here in workflow.next for there in workflow.next[here]}
