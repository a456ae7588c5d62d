"""Every sentence on screen has its words in both scripts of Chinese.

`pybabel extract -F babel.cfg` reads the sentences from code and templates; a catalogue is judged from
the day it is there: translations/<language>/LC_MESSAGES/messages.po.
"""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

HOUSE = Path(__file__).parents[1]
ROOMS = ("security", "documents", "reports", "jobs", "admin", "portal")
CHINESE = ("zh_Hans_CN", "zh_Hant_TW")
PLACE = re.compile(r"%\(\w+\)[sd]")


@cache
def sentences() -> dict[str, str]:
    """Every msgid, with where it stands."""
    with (HOUSE / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = {}
    for room in [HOUSE / room for room in ROOMS if (HOUSE / room).is_dir()]:
        for file, line, msgid, *_rest in extract_from_dir(
            room, methods, options, keywords={"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
        ):
            found[msgid if isinstance(msgid, str) else msgid[0]] = f"{room.name}/{file}:{line}"
    return found


def catalogue(language: str) -> dict[str, Message]:
    path = HOUSE / "translations" / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        pytest.skip(f"{path.relative_to(HOUSE)} is not there yet")
    with path.open("rb") as file:
        return {
            message.id if isinstance(message.id, str) else message.id[0]: message
            for message in read_po(file)
            if message.id
        }


def test_the_sentences_of_every_room_are_found():
    rooms = {where.partition("/")[0] for where in sentences().values()}

    assert {"documents", "admin"} <= rooms
    assert "Save" in sentences()  # of a template
    assert "Complaints" in sentences()  # of a declaration


@pytest.mark.parametrize("language", CHINESE)
def test_every_sentence_is_translated(language):
    there = catalogue(language)

    missing = [
        f"{where}: {msgid}"
        for msgid, where in sentences().items()
        if msgid not in there or there[msgid].fuzzy or not _words(there[msgid])
    ]
    assert missing == []


@pytest.mark.parametrize("language", CHINESE)
def test_every_place_in_a_sentence_is_kept(language):
    wrong = [
        msgid
        for msgid, message in catalogue(language).items()
        if any(set(PLACE.findall(words)) != set(PLACE.findall(msgid)) for words in _words(message))
    ]
    assert wrong == []


def _words(message: Message) -> list[str]:
    found = [message.string] if isinstance(message.string, str) else list(message.string)
    return [words for words in found if words]
