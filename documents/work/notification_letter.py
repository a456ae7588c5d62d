"""What a mail to a member of staff says: which records need them, and where; of no person a word."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bson import ObjectId

import runtime
from documents.work.notification import Notification, NotificationKind
from language.translate import translate
from language.words import N_
from records.declaration.registry import by_collection

FAREWELL = N_("The same notices stand in Steward. There you can also choose to get no more of these mails.")


def subject(notices: Sequence[Notification], language: str) -> str:
    """One notice is its own subject; of several, how many things they tell of."""
    told = [line for one in notices for line in _sentences(one, language)]
    if len(told) == 1:
        return told[0][0]
    return translate(N_("%(count)s things need your attention"), language, count=len(told))


def text(notices: Sequence[Notification], language: str) -> str:
    """The notices, each with its time on the reader's clock and where its record stands."""
    blocks = [_block(one, language) for one in notices]
    told_at = runtime.current().panel.url("/admin/told/")
    farewell = translate(FAREWELL, language)
    return "\n\n".join([*blocks, f"-- \n{farewell}" + (f"\n{told_at}" if told_at else "")]) + "\n"


def _block(one: Notification, language: str) -> str:
    lines = [f"{sentence}\n{url}" if url else sentence for sentence, url in _sentences(one, language)]
    return "\n".join([_moment(one.created_at, language), *lines])


def _sentences(one: Notification, language: str) -> Iterator[tuple[str, str | None]]:
    """What a notice says, each with the address of its record: one line, or those of a digest."""
    if one.occasion == NotificationKind.DIGEST:
        for item in one.items:
            yield _sentence(item["occasion"], item["collection"], item["record"], item["label"], language)
    else:
        yield _sentence(one.occasion, one.collection, one.record, one.label, language)


def _sentence(
    occasion: str, collection: str, record: ObjectId, label: str, language: str
) -> tuple[str, str | None]:
    kind = by_collection(collection)
    named = f"{translate(kind.policy.singular, language)} {label}" if kind else label
    return translate(
        NotificationKind(occasion).label, language, record=named
    ), runtime.current().panel.record_url(collection, record)


def _moment(at: datetime, language: str) -> str:
    return f"{at.astimezone(runtime.current().panel.zone_of(language)):%Y-%m-%d %H:%M}"
