"""Numbers that people read out on the telephone: U-000123, C-2026-000045 (R28)."""

from pymongo import ReturnDocument

from records.storage.database import database

COLLECTION = "sequences"


def next_numbers(name: str, count: int = 1) -> int:
    """Reserve `count` numbers and return the first. A number is never given twice; one that was
    reserved for a record that then failed stays unused."""
    row = database()[COLLECTION].find_one_and_update(
        {"_id": name}, {"$inc": {"last": count}}, upsert=True, return_document=ReturnDocument.AFTER
    )
    return row["last"] - count + 1  # type: ignore[index]
