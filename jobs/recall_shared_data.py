"""Ask back what was shared with those whose agreement was ended or has run out (R19, R20)."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from bson import ObjectId

from documents.privacy import data_recall
from documents.privacy.data_recall import RecallReason
from documents.privacy.data_sharing import DataSharing
from documents.privacy.third_party import ThirdParty
from jobs.job import Batch
from records.lists.index_selection import from_the_earliest
from records.storage.database import database

MOST = 1_000


def recall_shared_data(now: datetime) -> Iterator[Batch]:
    """Open a recall for each person of whom a third party holds data though its agreement is over at
    `now`. What was recalled is not recalled again: safe to repeat."""
    over = {"agreement_until": from_the_earliest({"$lte": now})}
    parties = database()[ThirdParty.collection_name()].find(over, {"_id": 1}).limit(MOST)
    for party in parties:
        held = {"third_party": party["_id"], "recalled_at": None}
        why = "the agreement is over"
        yield Batch(
            DataSharing, held, f"{why} ({party['_id']})", change=partial(_recall, party["_id"], now=now)
        )


def _recall(party: ObjectId, sharings: list[Any], now: datetime) -> int:
    data_recall.open_from(party, {sharing.user for sharing in sharings}, RecallReason.ENDED, now)
    return len(sharings)
