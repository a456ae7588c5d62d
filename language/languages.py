"""The languages of the product, each with all that depends on it. A language is added here, with a catalogue."""

from zoneinfo import ZoneInfo

from language.words import N_, Choice


class Language(Choice):
    """A language that the panel, mails and files speak; the value is its locale.

    native_name     what its readers call it
    suffix          how a translated field's name ends
    region          the region whose people read it, where that is known
    zone            the time zone of its readers; "" for that of the installation
    holiday_names   the locale of holiday names in the package `holidays`
    browser_tags    how browsers name it (BCP 47), by the beginnings of their tags
    """

    native_name: str
    suffix: str
    region: str
    zone: str
    holiday_names: str
    browser_tags: tuple[str, ...]

    ENGLISH = "en", N_("English"), "English", "_en", "", "", "en_US", ("en",)
    SIMPLIFIED = (
        "zh_Hans_CN", N_("Simplified Chinese"), "简体中文", "_zh_cn", "CN", "Asia/Shanghai", "zh_CN", ("zh",)
    )  # fmt: skip
    TRADITIONAL = (
        "zh_Hant_TW", N_("Traditional Chinese"), "繁體中文", "_zh_tw", "TW", "Asia/Taipei", "zh_TW",
        ("zh-hant", "zh-tw", "zh-hk", "zh-mo"),
    )  # fmt: skip

    def __new__(cls, code: str, label: str = "", *facts: object) -> "Language":
        language = str.__new__(cls, code)
        language._value_, language.label = code, label
        (
            language.native_name, language.suffix, language.region, language.zone, language.holiday_names,
            language.browser_tags,
        ) = facts  # type: ignore[assignment]  # fmt: skip
        return language

    @classmethod
    def of(cls, region: str | None) -> "Language":
        """Return what people of a region read; English if none is known."""
        return next((language for language in cls if region and language.region == region), cls.ENGLISH)

    @classmethod
    def named(cls, code: str | None) -> "Language":
        """Return the language of a locale; English for a locale that the product does not speak."""
        return cls(code) if code in set(cls) else cls.ENGLISH

    @classmethod
    def of_tag(cls, tag: str) -> "Language | None":
        """Return the language that a browser's tag asks for, such as zh-HK; None if there is none."""
        plain = tag.lower().replace("_", "-") + "-"
        found = [
            (known, language)
            for language in cls
            for known in language.browser_tags
            if plain.startswith(f"{known}-")
        ]
        return max(found, key=lambda pair: len(pair[0]))[1] if found else None

    def zone_or(self, default: str) -> ZoneInfo:
        """Return the time zone of its readers, or `default` where the language has none."""
        return ZoneInfo(self.zone or default)
