"""The record of processing: every personal field with why, by what right, for whom and how long (GDPR Art. 30)."""

from dataclasses import dataclass
from datetime import datetime

from documents.privacy.legal_basis import Need, need
from documents.privacy.privacy_notice import NoticeKind, NoticeState, PrivacyNotice
from documents.privacy.third_party import MayNotReceive, ThirdParty
from documents.retention.retention_in_force import EffectiveRule, effective_rules
from records.declaration.policy import Fate, Personal
from records.declaration.purpose import Purpose
from records.declaration.record import Governed
from records.declaration.registry import registered
from records.storage.database import database
from security.permissions import Action, Role

MOST = 500


@dataclass(frozen=True)
class Entry:
    """One personal field of one register."""

    kind: type[Governed]
    name: str
    personal: Personal
    need: Need
    kept: EffectiveRule | None

    @property
    def is_required(self) -> bool:
        return bool(self.kind._fields[self.name].required)

    @property
    def is_sealed(self) -> bool:
        return self.name in self.kind.encrypted()

    @property
    def fate(self) -> Fate:
        """What becomes of the value when its person is erased."""
        whole = self.kind.policy.on_erasure
        return Fate.ERASE if whole is Fate.ERASE else self.personal.on_erasure

    def who_may(self, action: Action) -> list[Role]:
        """The roles the permission table grants an action on the register."""
        granted = (self.kind.policy.access or {}).get(action, frozenset())
        return [role for role in Role if role in granted]


def inventory(now: datetime) -> list[Entry]:
    """Every personal field of every register, in the order of the registers; read off the declarations."""
    rules = {one.kind: one for one in effective_rules(now)}
    return [
        Entry(kind, name, field.personal, need(kind.policy, field.personal), rules.get(kind))
        for kind in registered()
        for name, field in kind.personal().items()
    ]


def notices_in_force() -> dict[str, PrivacyNotice]:
    """The notice that is shown for each purpose. One query."""
    rows = (
        database()[PrivacyNotice.collection_name()].find({"state": NoticeState.PUBLISHED.value}).limit(MOST)
    )
    found = [PrivacyNotice._from_son(row) for row in rows]
    return {str(one.purpose): one for one in found if one.kind == NoticeKind.PRIVACY}


@dataclass(frozen=True)
class Recipient:
    """A third party, and why it may not be given data as things stand; None where it may."""

    party: ThirdParty
    refusal: MayNotReceive | None


def recipients(now: datetime) -> list[Recipient]:
    """The third parties, by name. One query."""
    rows = database()[ThirdParty.collection_name()].find().sort("name", 1).limit(MOST)
    return [Recipient(party, _refusal(party, now)) for party in map(ThirdParty._from_son, rows)]


def _refusal(party: ThirdParty, now: datetime) -> MayNotReceive | None:
    try:
        party.check_may_receive(now)
    except MayNotReceive as error:
        return error
    return None


def purposes(entries: list[Entry]) -> dict[Purpose, list[Entry]]:
    """The fields of each purpose; every purpose is there, also one that no field serves of itself."""
    return {purpose: [one for one in entries if one.need.purpose is purpose] for purpose in Purpose}
