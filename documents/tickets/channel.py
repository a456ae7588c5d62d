"""Where a ticket reaches us, what each way is for, and what we promise there (R33, R42, R44)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from language.words import N_, Choice


class Channel(Choice):
    """Where it reached us (R33, R42)."""

    WEBSITE = "website", N_("Website")
    APP = "app", N_("App")
    FORUM = "forum", N_("Product forum")
    WEIBO = "weibo", N_("Weibo")
    WECHAT = "wechat", N_("WeChat")
    DOUYIN = "douyin", N_("Douyin")
    STORE_BOX = "store-box", N_("Suggestion box in a store")
    EVENT = "event", N_("Exhibition or event")
    HOTLINE = "hotline", N_("Hotline")
    EMAIL = "email", N_("E-mail")
    CHAT = "chat", N_("Online service")
    OTHER = "other", N_("Other")


@dataclass(frozen=True)
class ChannelPolicy:
    """What a channel is for; within how much working time somebody answers there first, where that is
    sooner than kind and priority promise; and within how much time, by the clock, it is keyed in."""

    use: str
    first_response: timedelta | None = None
    keyed_in: timedelta = timedelta(hours=24)


MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)

HANDLING: Mapping[Channel, ChannelPolicy] = {
    Channel.WEBSITE: ChannelPolicy(N_("Written at leisure, with attachments")),
    Channel.APP: ChannelPolicy(N_("Written on the way, about the app itself")),
    Channel.FORUM: ChannelPolicy(N_("Discussed in public; a named monitor passes it on")),
    Channel.WEIBO: ChannelPolicy(N_("Said in public or by direct message"), 4 * HOURS),
    Channel.WECHAT: ChannelPolicy(N_("Said in a conversation"), 2 * HOURS),
    Channel.DOUYIN: ChannelPolicy(N_("Said in public or by direct message"), 4 * HOURS),
    Channel.STORE_BOX: ChannelPolicy(N_("Written on paper in a store"), keyed_in=72 * HOURS),
    Channel.EVENT: ChannelPolicy(N_("Told or written at an exhibition"), keyed_in=72 * HOURS),
    Channel.HOTLINE: ChannelPolicy(N_("Urgent or hard to write down"), 1 * HOURS, keyed_in=4 * HOURS),
    Channel.EMAIL: ChannelPolicy(N_("Needs documents or a written answer")),
    Channel.CHAT: ChannelPolicy(N_("A short question, answered while the person waits"), 30 * MINUTES),
    Channel.OTHER: ChannelPolicy(N_("Whatever else reaches us")),
}
"""What kind and priority promise holds where a channel names no time of its own."""


def is_keyed_in_late(channel: Channel, received: datetime | None, created: datetime) -> bool:
    """Tell whether what was said elsewhere was entered later than the channel allows (R44)."""
    return received is not None and created - received > HANDLING[channel].keyed_in
