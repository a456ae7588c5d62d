"""How the demo's people speak: names by Faker, everything else from data/<language>.toml."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from faker import Faker

from working_time.regions import Region

TEXTS = Path(__file__).parent / "data"
SHARES = {"zh_CN": 0.55, "zh_TW": 0.3, "en": 0.15}
"""Which part of the customers speaks which language."""
FAKER_LOCALES = {"zh_CN": "zh_CN", "zh_TW": "zh_TW", "en": "en_GB"}
MAIL_HOSTS = ("example.com", "example.net", "example.org")  # kept free for examples by RFC 2606


@dataclass(frozen=True)
class Voice:
    """One language: its names, and its sentences with their blanks filled in."""

    language: str
    texts: dict[str, Any]
    faker: Faker
    rng: Random

    @property
    def region(self) -> Region:
        """Where who speaks so is at home."""
        return Region(self.texts["region"])

    def pick(self, *path: str) -> str:
        """One of the texts under `path`, as it stands."""
        found: Any = self.texts
        for step in path:
            found = found[step]
        return self.rng.choice(found)

    def name(self) -> str:
        if self.language == "en":
            return f"{self.faker.first_name()} {self.faker.last_name()}"
        return self.faker.name()

    def phone(self) -> str:
        return re.sub("#", lambda _blank: str(self.rng.randrange(10)), self.pick("phones"))

    def email(self, name: str) -> str:
        """An address: of the English, their names; of the Chinese, some handle, as is the custom."""
        if self.language == "en":
            handle = ".".join(re.findall(r"[a-z]+", name.partition(" (")[0].lower()))
        else:
            handle = f"{self.pick('handles')}{self.rng.randrange(10**4):04}"
        return f"{handle}@{self.rng.choice(MAIL_HOSTS)}"

    def company(self) -> str:
        return self.texts["company_form"].format(
            city=self.pick("cities"), stem=self.pick("company_stems"), trade=self.pick("company_trades")
        )

    def institution(self) -> str:
        return self.pick("institutions").format(city=self.pick("cities"))

    def contact_of(self, company: str) -> str:
        """An organisation's record is that of the person we speak with there."""
        return self.texts["contact_of"].format(person=self.name(), company=company)

    def fill(self, text: str, project: str) -> str:
        """Fill in the blanks of `text`, which concerns `project`, named anew at each beginning."""
        amount = self.rng.randrange(20, 600) * 100 * self.texts["amount_factor"]
        filled = text.format(
            project=project, days=self.rng.randrange(3, 25), amount=self.texts["amount"].format(amount)
        )
        return filled[:1].upper() + filled[1:]

    def note(self, collection: str, state: str) -> str | None:
        """What a colleague writes down when a ticket of `collection` reaches `state`."""
        notes = self.texts["notes"] | (self.texts["feedback_notes"] if collection == "feedback" else {})
        return self.rng.choice(notes[state]) if state in notes else None

    def complaint(self, trade: str) -> dict[str, str]:
        return self._about("complaints", trade, "any")

    def feedback(self, trade: str) -> dict[str, Any]:
        return self._about("feedback", trade, "any")

    def unrelated_feedback(self) -> dict[str, Any]:
        """What reached the wrong company."""
        return self._about("feedback", "none")

    def _about(self, what: str, *trades: str) -> dict[str, Any]:
        return self.rng.choice([text for text in self.texts[what] if text["trade"] in trades])


def voices(rng: Random) -> dict[str, Voice]:
    """One voice a language; all of them, and Faker, draw from `rng`."""
    return {language: _voice(language, rng) for language in SHARES}


def _voice(language: str, rng: Random) -> Voice:
    faker = Faker(FAKER_LOCALES[language], providers=["faker.providers.person"])
    faker.random = rng  # type: ignore[attr-defined]
    texts = tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
    return Voice(language, texts, faker, rng)
