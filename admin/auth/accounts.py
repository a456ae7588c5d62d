"""Staff as Flask-Security asks for accounts: documents know nothing of the web."""

from collections.abc import Sequence
from typing import Any

from flask import current_app, g
from flask_security import MongoEngineUserDatastore, RoleMixin, UserMixin

from admin.current_user import actor_of
from documents.staff.staff import Staff
from records.storage.writer import ConcurrentModification
from security.actor import act_as


class _OfStaff:
    """A field that Flask-Security asks of an account, and that is kept on the member of staff."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, account: "Account | None", owner: type) -> Any:
        return getattr(account.staff, self.name) if account else self

    def __set__(self, account: "Account", value: Any) -> None:
        setattr(account.staff, self.name, value)


class RoleOf(RoleMixin):
    """A role as Flask-Security asks for it. What a role may do stands in security/permissions.py."""

    def __init__(self, name: str) -> None:
        self.name = name


class Account(UserMixin):
    """A member of staff who may sign in."""

    email = _OfStaff()
    password = _OfStaff()
    active = _OfStaff()
    fs_uniquifier = _OfStaff()
    tf_primary_method = _OfStaff()
    tf_totp_secret = _OfStaff()
    last_login_at = _OfStaff()
    current_login_at = _OfStaff()
    last_login_ip = _OfStaff()
    current_login_ip = _OfStaff()
    login_count = _OfStaff()

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    @property
    def roles(self) -> Sequence[RoleOf]:
        return [RoleOf(name) for name in self.staff.roles]

    def __hash__(self) -> int:
        return hash(self.fs_uniquifier)


class Accounts(MongoEngineUserDatastore):
    """Finds accounts by an exact, indexed value, and writes them as everything is written."""

    def __init__(self) -> None:
        super().__init__(None, Account, RoleOf)

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> Account | None:
        """Find by one field. An e-mail address is kept in small letters; whose session it is has been read
        together with the session."""
        ((name, value),) = wanted.items()
        if not isinstance(value, str):
            return None
        if (read := g.get("account")) and read.get(name) == value:
            return Account(Staff._from_son(read))
        staff = Staff.one({name: value.strip().lower() if name == "email" else value})
        return Account(staff) if staff else None

    def find_role(self, role: str) -> RoleOf:
        return RoleOf(role)

    def put(self, account: Account) -> Account:
        """Store when and from where somebody signed in; of two at once, the later is not told."""
        with act_as(actor_of(account.staff)):
            try:
                account.staff.save()
            except ConcurrentModification:
                current_app.logger.info("A sign-in was not counted: the account changed at the same moment.")
        return account
