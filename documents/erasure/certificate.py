"""Certificates of erasure: what was done, by whose leave, and nothing of whose it was (R25).

The seal is a keyed hash over all that a certificate says, under the audit key, which lies outside
the database: who can write to the database cannot make one.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from mongoengine import BooleanField, DictField, StringField

from language.words import N_
from records.declaration.fields import ReferenceIdField
from records.declaration.policy import Fate, Policy
from records.declaration.record import Governed
from records.storage import sequence
from records.storage.keys import keyring
from security.ciphers import keyed_hash
from security.permissions import OUTCOMES


class Certificate(Governed):
    """One erasure, certified. Whoever holds its number and seal can have it verified."""

    policy = Policy(
        title=N_("Certificates of erasure"),
        singular=N_("Certificate of erasure"),
        group=N_("Deletion"),
        icon="check",
        access=OUTCOMES,
        on_erasure=Fate.RETAIN,
        basis=N_("User policy 2(5)2: a record of what was deleted"),
        label="number",
        columns=("number", "created_at", "two_officers", "request"),
        filters=("created_at", "two_officers", "request"),
        search=("number",),
        sections=(
            (N_("What is certified"), ("number", "created_at", "outcome", "two_officers")),
            (N_("How it can be checked"), ("seal", "fingerprint", "request")),
        ),
    )

    number = StringField(required=True, locked=True, max_length=30, verbose_name=N_("Number"))
    outcome = DictField(locked=True, verbose_name=N_("Records by collection and fate"))
    two_officers = BooleanField(locked=True, verbose_name=N_("Approved by a second officer"))
    fingerprint = StringField(locked=True, verbose_name=N_("Fingerprint of the plan"))
    request = ReferenceIdField("deletion_requests", locked=True, verbose_name=N_("Deletion request"))
    seal = StringField(required=True, locked=True, verbose_name=N_("Seal"))

    meta = {
        "collection": "certificates",
        "indexes": [
            {"fields": ["number"], "unique": True, "name": "one_number"},
            {"fields": ["request"], "name": "of_request"},
        ],
    }

    @classmethod
    def issue(cls, request: Any, fingerprint: str | None, now: datetime) -> Self:
        """Certify a request that is carried out, as part of the transaction under way."""
        return cls(
            outcome={name: fates for name, fates in request.outcome.items() if isinstance(fates, dict)},
            two_officers=fingerprint is not None,
            fingerprint=fingerprint,
            request=request.pk,
        ).save(now=now)

    @classmethod
    def prepare(cls, records: Sequence[Self], now: datetime) -> None:
        for certificate in records:
            certificate.created_at = certificate.created_at or now
            year = certificate.created_at.year
            number = sequence.next_numbers(f"certificates-{year}")
            certificate.number = certificate.number or f"E-{year}-{number:06d}"
            certificate.seal = certificate.sealed()

    def sealed(self, key: bytes | None = None) -> str:
        """The seal over what this certificate says now, made with the key in use or another."""
        said = {
            "number": self.number,
            "issued": self.created_at.isoformat(timespec="milliseconds"),
            "outcome": self.outcome,
            "two_officers": bool(self.two_officers),
            "fingerprint": self.fingerprint,
            "request": str(self.request),
        }
        return keyed_hash(key or keyring().audit, "certificate:" + json.dumps(said, sort_keys=True))

    @classmethod
    def verified(cls, number: str, seal: str) -> Self | None:
        """The certificate of this number, where the seal is its own and nothing in it was altered."""
        found = cls.objects(number=number.strip().upper()).first()
        if found is None:
            return None
        given, stored = seal.strip().lower().encode(), (found.seal or "").encode()
        for key in keyring().audits:
            true = found.sealed(key).encode()
            if hmac.compare_digest(given, true) and hmac.compare_digest(stored, true):
                return found
        return None
