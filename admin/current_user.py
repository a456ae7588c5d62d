"""Who acts in this request, and what they may do: every write and every page asks here."""

from contextlib import ExitStack

from flask import Flask, g, request
from flask_security import current_user

from documents.staff.staff import Staff
from security import permissions
from security.actor import Actor, NobodyActing, act_as, current_actor
from security.permissions import Action, Grants, Role


def init_app(app: Flask) -> None:
    """Let whoever is signed in answer for all that a request writes."""
    app.before_request(_begin)
    app.teardown_request(_end)


def me() -> Staff | None:
    """Return who is signed in."""
    return current_user.staff if current_user.is_authenticated else None


def roles() -> frozenset[Role]:
    """Return the roles of who is acting; nobody has none."""
    try:
        return current_actor().roles
    except NobodyActing:
        return frozenset()


def may(action: Action, grants: Grants | None) -> bool:
    """Tell whether who is acting may do `action` where these grants hold; no grants means no."""
    return permissions.may(roles(), action, grants)


def actor_of(staff: Staff) -> Actor:
    """Return a member of staff as who acts in this request."""
    return Actor(f"staff:{staff.pk}", staff.name, staff.may_roles(), origin=request.remote_addr or "")


def _begin() -> None:
    staff = me()
    actor = actor_of(staff) if staff else Actor("visitor", "", origin=request.remote_addr or "")
    g.acting = ExitStack()
    g.acting.enter_context(act_as(actor))


def _end(_error: BaseException | None) -> None:
    if stack := g.pop("acting", None):
        stack.close()
