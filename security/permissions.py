"""Who may do what: one table, closed to everyone until a row opens it (R8, R16, R79).

A document names its row in its policy (`access=TICKETS`); pages without a document stand in
`PAGES`. What no row opens is refused, to admins as well.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a member of staff is here to do; one person may hold several."""

    STAFF = "staff"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Action(StrEnum):
    """What can be done with a kind of record, or on a page."""

    VIEW = "view"
    PICK = "pick"  # find one to refer to, by name or number, without opening it
    CREATE = "create"
    EDIT = "edit"
    ASSIGN = "assign"  # say who deals with it
    DELETE = "delete"
    REVEAL = "reveal"  # see masked personal values, with a reason
    EXPORT = "export"
    EXPORT_PERSONAL = "export-personal"  # ... with personal values in it, with a reason
    HISTORY = "history"
    HOLD = "hold"  # a legal hold stops purge and erasure
    IMPORT = "import"
    REQUEST_DELETION = "request-deletion"
    APPROVE = "approve"  # what somebody else prepared
    DISPUTE = "dispute"  # take a dispute before arbitrators or a court
    RUN = "run"
    SHARE = "share"  # hand personal data to a third party
    ALLOW = "allow"  # a large purge, or the return of what was purged


Grants = Mapping[Action, frozenset[Role]]
STAFF, SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN = Role
EVERYONE = frozenset(Role)


def _grants(**rows: Collection[Role]) -> Grants:
    return {Action(name.strip("_").replace("_", "-")): frozenset(roles) for name, roles in rows.items()}


TICKETS = _grants(
    view=EVERYONE,
    pick=EVERYONE,
    create={STAFF, SUPERVISOR, COMPLIANCE},
    edit={STAFF, SUPERVISOR, COMPLIANCE},
    delete={SUPERVISOR, COMPLIANCE},
    reveal={STAFF, SUPERVISOR, COMPLIANCE},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    export_personal={COMPLIANCE},
    history=EVERYONE,
    hold={COMPLIANCE},
    import_={SUPERVISOR, COMPLIANCE},
    dispute={SUPERVISOR, COMPLIANCE},
    assign={SUPERVISOR, COMPLIANCE},
)

PAPERS = _grants(
    view={STAFF, SUPERVISOR, COMPLIANCE, AUDITOR},
    delete={COMPLIANCE},
    history={SUPERVISOR, COMPLIANCE, AUDITOR},
    hold={COMPLIANCE},
)
"""What is kept with a ticket, notes and evidence: added from its page by those who handle it."""

MESSAGES = _grants(
    view={STAFF, SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    reveal={STAFF, SUPERVISOR, COMPLIANCE},
    run={STAFF, SUPERVISOR, ADMIN},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    hold={COMPLIANCE},
)
"""What is written to people, from a ticket's page."""

STAFF_MAILS = _grants(
    view={AUDITOR, ADMIN},
    run={ADMIN},
    history={AUDITOR, ADMIN},
)
"""What goes out by mail to members of staff."""

CANNED_REPLIES = _grants(
    view=EVERYONE,
    pick={STAFF, SUPERVISOR, COMPLIANCE},
    create={SUPERVISOR, COMPLIANCE, ADMIN},
    edit={SUPERVISOR, COMPLIANCE, ADMIN},
    delete={SUPERVISOR, ADMIN},
    export={SUPERVISOR, AUDITOR},
    history=EVERYONE,
    import_={SUPERVISOR, COMPLIANCE, ADMIN},
)

FOLLOW_UPS = _grants(
    view=EVERYONE,
    edit={STAFF, SUPERVISOR, COMPLIANCE},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history=EVERYONE,
    hold={COMPLIANCE},
)

REFUNDS = _grants(
    view={STAFF, SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    edit={STAFF, SUPERVISOR, COMPLIANCE},
    reveal={STAFF, SUPERVISOR, COMPLIANCE},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    export_personal={COMPLIANCE},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    hold={COMPLIANCE},
    approve={SUPERVISOR, COMPLIANCE},
)
"""Asked for from a complaint's page; never by who approves it."""

SERVICE_MANUAL = _grants(
    view=EVERYONE,
    pick=EVERYONE,
    create={SUPERVISOR, COMPLIANCE, ADMIN},
    edit={SUPERVISOR, COMPLIANCE, ADMIN},
    approve={SUPERVISOR, COMPLIANCE, ADMIN},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history=EVERYONE,
    import_={SUPERVISOR, ADMIN},
)
"""How we work, for all to read; what one writes another approves."""

PRICES = SERVICE_MANUAL
HELP = SERVICE_MANUAL

CONTACTS = _grants(
    view=EVERYONE,
    create={COMPLIANCE, ADMIN},
    edit={COMPLIANCE, ADMIN},
    delete={ADMIN},
    history=EVERYONE,
    import_={COMPLIANCE, ADMIN},
)
"""Where people reach us."""

REVIEWS = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    pick={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    create={SUPERVISOR, COMPLIANCE, ADMIN},
    edit={SUPERVISOR, COMPLIANCE, ADMIN},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    import_={SUPERVISOR, ADMIN},
)

MEASURES = _grants(
    view=EVERYONE,
    create={SUPERVISOR, COMPLIANCE, ADMIN},
    edit={SUPERVISOR, COMPLIANCE, ADMIN},
    run={STAFF, SUPERVISOR, COMPLIANCE, ADMIN},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history=EVERYONE,
    import_={SUPERVISOR, ADMIN},
)
"""Anybody may have to do something better, and says so when it is done."""

PEOPLE = _grants(
    view=EVERYONE,
    pick=EVERYONE,
    create={STAFF, SUPERVISOR, COMPLIANCE},
    edit={STAFF, SUPERVISOR, COMPLIANCE},
    delete={COMPLIANCE},
    reveal={STAFF, SUPERVISOR, COMPLIANCE},
    export={SUPERVISOR, COMPLIANCE},
    export_personal={COMPLIANCE},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    hold={COMPLIANCE},
    request_deletion={COMPLIANCE},
    share={SUPERVISOR, COMPLIANCE},
    import_={SUPERVISOR, COMPLIANCE},
)

CONSENTS = _grants(
    view=EVERYONE,
    pick=EVERYONE,
    create={STAFF, SUPERVISOR, COMPLIANCE},
    edit={STAFF, SUPERVISOR, COMPLIANCE},
    delete={COMPLIANCE},
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history=EVERYONE,
    hold={COMPLIANCE},
    import_={SUPERVISOR, COMPLIANCE},
)

AGREEMENTS = _grants(
    view=EVERYONE,
    export={SUPERVISOR, COMPLIANCE, AUDITOR},
    history=EVERYONE,
    hold={COMPLIANCE},
)
"""Entered from a person's page, never edited."""

STAFF_ACCOUNTS = _grants(
    view={ADMIN, AUDITOR},
    pick=EVERYONE,
    create={ADMIN},
    edit={ADMIN},
    history={ADMIN, AUDITOR},
    import_={ADMIN},
)

RULES = _grants(
    view=EVERYONE,
    pick={SUPERVISOR, ADMIN},
    create={ADMIN},
    edit={ADMIN},
    export={SUPERVISOR, AUDITOR, ADMIN},
    history=EVERYONE,
    import_={ADMIN},
)
"""What is promised by when, and which days are worked: everybody may know, an administrator rules."""

ABSENCES = _grants(
    view=EVERYONE,
    pick={SUPERVISOR, ADMIN},
    create={STAFF, SUPERVISOR, COMPLIANCE, ADMIN},
    edit={STAFF, SUPERVISOR, COMPLIANCE, ADMIN},
    delete={SUPERVISOR, ADMIN},
    history={SUPERVISOR, AUDITOR, ADMIN},
    import_={SUPERVISOR, ADMIN},
)

NOTICES = _grants(
    view=EVERYONE,
    pick=EVERYONE,
    create={COMPLIANCE, ADMIN},
    edit={COMPLIANCE, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history=EVERYONE,
    import_={COMPLIANCE, ADMIN},
)
"""What people are told before their data is taken: everybody may read it."""

THIRD_PARTIES = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    pick={STAFF, SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    create={COMPLIANCE, ADMIN},
    edit={COMPLIANCE, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    import_={COMPLIANCE, ADMIN},
)

SHARINGS = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
)
"""Entered by sharing from a person's page, and by nothing else."""

RECALLS = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    edit={COMPLIANCE},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
)

HOLDS = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    edit={COMPLIANCE},
    hold={COMPLIANCE},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
)
"""Placed from the record's own page, and never deleted."""

PURGES = _grants(
    view={COMPLIANCE, AUDITOR, ADMIN},
    allow={COMPLIANCE, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={COMPLIANCE, AUDITOR, ADMIN},
)
"""Purges that wait for leave, and what was purged and may still come back."""

RETENTION_RULES = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    create={COMPLIANCE, ADMIN},
    approve={COMPLIANCE, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
)
"""How long records are kept, and what guards them: never edited, and what lets more go is approved by another."""

OUTCOMES = _grants(
    view={COMPLIANCE, AUDITOR, ADMIN},
    pick={COMPLIANCE, AUDITOR, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={COMPLIANCE, AUDITOR, ADMIN},
)
"""Records that the product writes of itself: tombstones, deletion requests, notices."""

REVEALS = _grants(
    view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    approve={SUPERVISOR, COMPLIANCE},
)
"""Who looked at masked values: supervisors look it over."""

SUBJECT_REQUESTS = _grants(
    view={STAFF, SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    pick={SUPERVISOR, COMPLIANCE, AUDITOR},
    create={STAFF, SUPERVISOR, COMPLIANCE},
    edit={COMPLIANCE},
    reveal={COMPLIANCE},
    export={COMPLIANCE, AUDITOR},
    export_personal={COMPLIANCE},
    history={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN},
    hold={COMPLIANCE},
    request_deletion={COMPLIANCE},
    import_={COMPLIANCE},
)
"""What people ask of us about their own data: anybody may take a request in, compliance answers it."""

ERASURE_PLANS = _grants(
    view={COMPLIANCE, AUDITOR, ADMIN},
    pick={COMPLIANCE, AUDITOR, ADMIN},
    export={COMPLIANCE, AUDITOR},
    history={COMPLIANCE, AUDITOR, ADMIN},
    request_deletion={COMPLIANCE},
    approve={COMPLIANCE},
)
"""Deletion requests and their plans: compliance officers ask, and another of them approves."""

TASKS = _grants(view=EVERYONE, run=EVERYONE, history={ADMIN})
"""Long work asked for in the panel: everyone sees and stops their own, administrators all."""

PAGES: Mapping[str, Grants] = {
    "home": _grants(view=EVERYONE),
    "told": _grants(view=EVERYONE),
    "queue": _grants(view={STAFF, SUPERVISOR, COMPLIANCE}),
    "overdue": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR}, assign={SUPERVISOR, COMPLIANCE}),
    "inventory": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN}, export={COMPLIANCE, AUDITOR}),
    "retention": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN}, export={COMPLIANCE, AUDITOR}),
    "help": _grants(view=EVERYONE),
    "causes": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN}),
    "complaint-survey": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN}),
    "jobs": _grants(view={SUPERVISOR, COMPLIANCE, AUDITOR, ADMIN}, run={ADMIN}),
}


EXPORTED_AT_ONCE: Mapping[Role, int] = {SUPERVISOR: 50_000, AUDITOR: 50_000, COMPLIANCE: 1_000_000}
"""How many records one export may hold; those not named take out what fits on the screen."""


def most_exported(roles: Collection[Role]) -> int:
    """How many records those of `roles` may take out in one file."""
    return max((EXPORTED_AT_ONCE.get(role, 0) for role in roles), default=0)


def may(roles: Collection[Role], action: Action, grants: Grants | None) -> bool:
    """Tell whether any of `roles` is granted `action`; no row means no."""
    return bool(grants) and not grants.get(action, frozenset()).isdisjoint(roles)  # type: ignore[union-attr]
