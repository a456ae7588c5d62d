"""Long work in a real browser: a file is brought in, all of it changed, taken out, and taken back."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from admin.pages import bulk, exports
from documents.tickets.complaint import Complaint
from documents.work.task import Task, TaskKind
from security.permissions import Role

Enter = Callable[..., object]
Picture = Callable[[str], Path]
SECONDS = 30_000
ROWS = 40


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "投诉.csv"
    lines = "".join(f"{n},第{n}盏灯一直闪烁，请派人来看看,高,2026/03/04 09:30,x\n" for n in range(ROWS))
    path.write_text(f"单号,投诉内容,优先级,日期,mood\n{lines}40,,高,2026/03/04,x\n", encoding="utf-8")
    return path


def seemly(page: Page) -> None:
    assert Axe().run(page).response["violations"] == []


def finished(page: Page) -> None:
    """The page of a task refreshes itself until the task is done."""
    expect(page.locator("#task .pill", has_text="done")).to_be_visible(timeout=SECONDS)


@pytest.mark.usefixtures("running_jobs")
def test_a_file_is_brought_in_changed_taken_out_and_taken_back(
    page: Page, address: str, enter: Enter, picture: Picture, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 10)
    monkeypatch.setattr(exports, "AT_ONCE", 10)
    enter(page, Role.SUPERVISOR)

    page.goto(f"{address}/admin/complaints/")
    page.get_by_role("link", name="Import", exact=True).click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("投诉内容")).to_have_value("content")
    expect(page.get_by_label("mood")).to_have_value("")
    seemly(page)
    picture("columns")
    page.get_by_role("button", name="Show what would come in").click()
    expect(page.get_by_text("nothing stands there, and it is needed")).to_be_visible()
    seemly(page)
    picture("preview")
    page.get_by_role("button", name="Import", exact=True).click()
    finished(page)
    expect(page.get_by_text(f"{ROWS} added, 0 were here already, 1 rejected")).to_be_visible()
    seemly(page)
    picture("imported")

    page.goto(f"{address}/admin/complaints/?priority=high")
    page.get_by_label("Select all on this page").check()
    page.get_by_label("All that match, on every page").check()
    page.get_by_role("button", name="Change fields").click()
    expect(page.get_by_text(f"{ROWS} records")).to_be_visible()
    page.get_by_label("Priority").select_option("urgent")
    seemly(page)
    page.get_by_role("button", name="Yes, go ahead").click()
    finished(page)
    assert Complaint.objects(priority="urgent").count() == ROWS

    page.goto(f"{address}/admin/complaints/?priority=urgent")
    page.get_by_role("link", name="Export", exact=True).click()
    seemly(page)
    picture("export")
    page.get_by_role("button", name="Export", exact=True).click()
    finished(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    sheet = load_workbook(BytesIO(Path(download.value.path()).read_bytes())).active
    assert sheet is not None
    assert sheet.max_row == ROWS + 1

    brought = Task.objects.get(kind=TaskKind.IMPORT)
    page.goto(f"{address}/admin/tasks/details/?id={brought.pk}")
    page.get_by_role("button", name="Undo this import").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("The wrong file")
    with page.expect_navigation():
        dialog.get_by_role("button", name="Yes, go ahead").click()
    undoing = Task.objects.get(kind=TaskKind.UNDO_IMPORT)
    page.goto(f"{address}/admin/tasks/details/?id={undoing.pk}")
    finished(page)
    expect(page.get_by_text("It was changed since the import, so it stays.").first).to_be_visible()
    assert Complaint.objects.count() == ROWS
