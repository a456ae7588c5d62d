"""Staff: those who sign in to the panel, and what each is here to do."""

from mongoengine import BooleanField, EmailField, IntField, ListField, StringField

from language.words import N_, Choice
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from security.permissions import STAFF_ACCOUNTS, Role
from working_time.regions import Region


class RoleName(Choice):
    """The permission table's roles, in words."""

    STAFF = Role.STAFF.value, N_("Staff")
    SUPERVISOR = Role.SUPERVISOR.value, N_("Supervisor")
    COMPLIANCE = Role.COMPLIANCE.value, N_("Compliance officer")
    AUDITOR = Role.AUDITOR.value, N_("Auditor")
    ADMIN = Role.ADMIN.value, N_("Administrator")


class Department(Choice):
    """Where somebody works; complaints have a department of their own (R65, S1§4.4)."""

    SERVICE = "service", N_("Service")
    COMPLAINTS = "complaints", N_("Complaints")
    PRODUCT = "product", N_("Product")
    TECHNOLOGY = "technology", N_("Technology")
    OTHER = "other", N_("Other")


class Staff(Governed):
    """A member of staff and their account.

    The fields after `active` belong to the sign-in (Flask-Security) and are neither shown nor
    written to the audit trail; sign-ins have entries of their own.
    """

    policy = Policy(
        title=N_("Staff"),
        singular=N_("Member of staff"),
        group=N_("Administration"),
        icon="staff",
        access=STAFF_ACCOUNTS,
        label="name",
        on_erasure=Fate.RETAIN,
        basis=N_("Employees, not data subjects of this register"),
        columns=("name", "email", "roles", "department", "active", "created_at"),
        filters=("roles", "department", "active", "created_at"),
        search=("name", "email"),
        order="name",
    )

    name = StringField(required=True, max_length=120, verbose_name=N_("Name"))
    email = EmailField(required=True, max_length=254, verbose_name=N_("E-mail"))
    roles = ListField(StringField(choices=list(RoleName)), required=True, verbose_name=N_("Roles"))
    active = BooleanField(default=True, verbose_name=N_("May sign in"))
    department = StringField(choices=list(Department), verbose_name=N_("Department"))
    regions = ListField(
        StringField(choices=list(Region)),
        verbose_name=N_("Regions"),
        help_text=N_("Whose customers they look after, knowing their language and habits."),
    )
    deputy = ReferenceIdField(
        "staff", verbose_name=N_("Deputy"), help_text=N_("Who stands in while they are away.")
    )
    supervisor = ReferenceIdField(
        "staff",
        verbose_name=N_("Supervisor"),
        help_text=N_("Who is told when a ticket of theirs is late; left open, every supervisor."),
    )
    head = ReferenceIdField("staff", verbose_name=N_("Head of department"))
    mails = BooleanField(
        default=True,
        verbose_name=N_("Notices by mail"),
        help_text=N_("Everybody can turn this off for themselves; the notices in the panel stay."),
    )
    daily_digest = BooleanField(
        default=False,
        verbose_name=N_("Notices once a day"),
        help_text=N_("What is not urgent comes together, each morning."),
    )

    password = StringField(internal=True, unaudited=True)
    fs_uniquifier = StringField(internal=True, unaudited=True)
    tf_primary_method = StringField(internal=True, unaudited=True)
    tf_totp_secret = StringField(internal=True, unaudited=True)
    last_login_at = UTCDateTimeField(verbose_name=N_("Last sign-in"), system=True, unaudited=True)
    current_login_at = UTCDateTimeField(internal=True, unaudited=True)
    last_login_ip = StringField(internal=True, unaudited=True)
    current_login_ip = StringField(internal=True, unaudited=True)
    login_count = IntField(internal=True, unaudited=True)
    language = StringField(internal=True, unaudited=True)

    meta = {
        "collection": "staff",
        "indexes": [
            {"fields": ["email"], "unique": True, "name": "one_account_an_address"},
            {"fields": ["fs_uniquifier"], "name": "signed_in"},
            {"fields": ["roles", "active"], "name": "by_role"},
            {"fields": ["name", "_id"], "name": "by_name"},
        ],
    }

    def clean(self) -> None:
        """An address means the same however it is written; the sign-in looks for it in lower case."""
        self.email = self.email.strip().lower() if self.email else self.email

    def may_roles(self) -> frozenset[Role]:
        """What the permission table is asked with; nobody who may not sign in may do anything."""
        return frozenset(Role(role) for role in self.roles) if self.active else frozenset()

    def role_names(self) -> list[RoleName]:
        """The roles in words."""
        return [RoleName(role) for role in self.roles]
