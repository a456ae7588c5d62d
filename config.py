"""Every setting: its type, its default and what it means. Each is read from STEWARD_<NAME>."""

import difflib
import os
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import EmailStr, Field, HttpUrl, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from language.languages import Language

PREFIX = "STEWARD_"


class WrongSetting(Exception):
    """A setting is wrong or missing; the message is one sentence with the remedy."""


def _setting(default: Any, meaning: str, right: str, **rules: Any) -> Any:
    """Declare a setting: what it means, and in words what a right value is."""
    return Field(default, description=meaning, json_schema_extra={"right": right}, **rules)


class Settings(BaseSettings):
    """What an operator may choose. Read once at the start, never changed after."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    host: str = _setting("127.0.0.1", "The address to listen on.", "an address such as 127.0.0.1 or 0.0.0.0")
    port: int = _setting(
        8000,
        "The port to listen on; 0 takes a free one.",
        "a whole number from 0 to 65535, such as 8000",
        ge=0,
        le=65535,
    )
    data_dir: Path = _setting(
        Path(".data"),
        "The folder of the embedded database, of its keys, and of what the demo writes.",
        "a folder such as .data or /var/lib/steward",
    )
    mongodb_uri: SecretStr | None = _setting(
        None,
        "The MongoDB replica set to use, the database's name in it. Without it, Steward runs its embedded database.",
        "an address such as mongodb://user:password@host/steward?replicaSet=rs0",
    )
    secret_key: SecretStr | None = _setting(
        None,
        "What forms are signed with; the same for all processes of an installation. Required with "
        "STEWARD_MONGODB_URI; otherwise the keyring's.",
        "at least 32 characters nobody can guess, such as the output of `openssl rand -hex 32`",
        min_length=32,
    )
    keyring: Path | None = _setting(
        None,
        "The file with the keys of personal data. Default: keyring.json in the data folder.",
        "a file such as /etc/steward/keyring.json; `python app.py keys` makes one",
    )
    session_hours: float = _setting(
        12,
        "A sign-in lasts this long at most; people then sign in anew.",
        "a number of hours above 0 and up to 168, such as 12",
        gt=0,
        le=168,
    )
    secure_cookies: bool | None = _setting(
        None,
        "Send cookies over HTTPS only, and have browsers insist on HTTPS. Default: on, unless Steward "
        "listens on this machine alone.",
        "true or false",
    )
    trusted_proxies: int = _setting(
        0,
        "How many reverse proxies stand in front; so many X-Forwarded-* entries are believed.",
        "a whole number from 0 to 5, the count of reverse proxies in front",
        ge=0,
        le=5,
    )
    time_zone: str = _setting(
        "Asia/Shanghai",
        "The zone in which people who read English see times; Chinese readers see Shanghai or Taipei.",
        "a zone such as Asia/Shanghai, Asia/Taipei or Europe/London",
    )
    language: Language = _setting(
        Language.ENGLISH,
        "The language of whom nothing else is known.",
        f"one of {', '.join(Language)}",
    )
    erasure_approval: bool = _setting(
        False,
        "Every request to delete a person's data needs a plan that a second compliance officer approves.",
        "true or false",
    )
    storage_location: str | None = _setting(
        None,
        "Where the data is kept, building or cloud and its region, as the data inventory states it.",
        "a place such as “Server room 2, Shanghai” or “a cloud in Taiwan, and which one”",
    )
    smtp_host: str | None = _setting(
        None,
        "The mail server that replies to users and notices to staff are handed to. Without it, they wait.",
        "a host such as smtp.example.com",
    )
    smtp_port: int = _setting(
        587, "The mail server's port.", "a whole number from 1 to 65535, such as 587", ge=1, le=65535
    )
    smtp_security: Literal["starttls", "tls", "none"] = _setting(
        "starttls", "How the way to the mail server is encrypted.", "starttls, tls or none"
    )
    smtp_user: str | None = _setting(
        None, "The account at the mail server. Without it, none is used.", "an account such as steward"
    )
    smtp_password: SecretStr | None = _setting(
        None, "The password of that account.", "that account's password"
    )
    smtp_from: EmailStr | None = _setting(
        None,
        "The address that mail comes from. Required with STEWARD_SMTP_HOST.",
        "an address such as care@example.com",
    )
    public_address: HttpUrl | None = _setting(
        None,
        "The address at which people reach Steward; mails link there. Without it, they have no links.",
        "an address such as https://steward.example.com",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting(
        "INFO", "How much is logged.", "DEBUG, INFO, WARNING or ERROR"
    )

    @field_validator("mongodb_uri")
    @classmethod
    def _names_mongodb(cls, uri: SecretStr | None) -> SecretStr | None:
        if uri and not uri.get_secret_value().startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("no MongoDB address")
        return uri

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("no such zone")
        return zone

    @field_validator("language", "log_level", "smtp_security", mode="before")
    @classmethod
    def _spelled_freely(cls, value: Any, info: Any) -> Any:
        """Take `info` for INFO and `zh-hans-cn` for zh_Hans_CN: the meaning is plain."""
        annotation: Any = cls.model_fields[info.field_name].annotation
        choices = getattr(annotation, "__args__", annotation)
        plain = str(value).replace("-", "_").lower()
        return next((choice for choice in choices if choice.lower() == plain), value)

    @property
    def keyring_file(self) -> Path:
        return self.keyring or self.data_dir / "keyring.json"

    @property
    def cookies_are_secure(self) -> bool:
        return not _is_loopback(self.host) if self.secure_cookies is None else self.secure_cookies


def read_settings() -> Settings:
    """Read the settings from the environment. Raises `WrongSetting`."""
    try:
        return Settings()
    except ValidationError as error:
        raise WrongSetting(_sentence(error.errors()[0])) from None


def unknown_settings() -> list[str]:
    """Say of each STEWARD_ variable that is no setting what may have been meant."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    return [
        f"{name} is no setting and was ignored{_meant(name, known)}."
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known and not name.startswith(f"{PREFIX}TEST_")
    ]


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][0])
    right = Settings.model_fields[name].json_schema_extra["right"]  # type: ignore[index]
    return f"{PREFIX}{name.upper()} {_found(name, fault)}; it should be {right}."


def _found(name: str, fault: Any) -> str:
    """What stands there, shortened; of a secret, only that it is wrong."""
    if "SecretStr" in str(Settings.model_fields[name].annotation):
        return "is too short" if fault["type"].endswith("too_short") else "is not right"
    return f"is “{str(fault['input'])[:80]}”"


def _meant(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    return f"; {close[0]} may have been meant" if close else ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
