"""The drawn lives of tickets are those that are lived."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app import cli
from documents.tickets.workflow_diagram import drawn, mermaid
from documents.tickets.workflows import COMPLAINT_LIFE, FEEDBACK_LIFE

PAGE = Path(__file__).parents[2] / "docs/ticket-states.md"


def test_the_page_in_the_documentation_is_current():
    assert PAGE.read_text(encoding="utf-8") == drawn(), "python app.py states > docs/ticket-states.md"


def test_the_command_prints_the_page():
    assert CliRunner().invoke(cli, ["states"]).output == drawn()


@pytest.mark.parametrize("life", [COMPLAINT_LIFE, FEEDBACK_LIFE], ids=["complaints", "feedback"])
def test_every_way_from_state_to_state_is_an_arrow(life):
    arrows = {line.split(":")[0].strip() for line in mermaid(life) if "-->" in line and "[*]" not in line}

    assert arrows == {f"{here} --> {there}" for here in life.next for there in life.next[here]}
