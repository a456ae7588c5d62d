"""One table says who may do what; what it does not say is refused."""

import pytest

from security import permissions
from security.permissions import PAGES, Action, Role, may

ROWS = {name: row for name, row in vars(permissions).items() if isinstance(row, dict) and name.isupper()}
ROWS = {name: row for name, row in ROWS.items() if row and all(isinstance(action, Action) for action in row)}


@pytest.mark.clause("R79")
def test_what_no_row_opens_is_refused_to_everyone():
    assert not any(may(Role, action, None) or may(Role, action, {}) for action in Action)


def test_who_holds_no_role_may_nothing():
    assert ROWS
    assert not any(may([], action, row) for row in ROWS.values() for action in Action)


@pytest.mark.clause("R16", "R79")
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_to_change_or_take_out_one_must_be_able_to_see(row):
    for role in Role:
        if any(may([role], action, row) for action in Action if action is not Action.PICK):
            assert may([role], Action.VIEW, row), role


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_an_auditor_changes_nothing(row):
    changing = (Action.CREATE, Action.EDIT, Action.DELETE, Action.REQUEST_DELETION, Action.HOLD)

    assert not [action for action in changing if may([Role.AUDITOR], action, row)]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_personal_values_leave_by_export_only_for_those_who_may_export(row):
    for role in Role:
        if may([role], Action.EXPORT_PERSONAL, row):
            assert may([role], Action.EXPORT, row)


def test_only_an_admin_starts_jobs():
    assert [role for role in Role if may([role], Action.RUN, PAGES["jobs"])] == [Role.ADMIN]
