"""Where a person is at home: whose working hours and public holidays count for what we owe them."""

from language.words import N_, Choice


class Region(Choice):
    """By ISO 3166 code, which is also the name of its working calendar."""

    CN = "CN", N_("Mainland China")
    TW = "TW", N_("Taiwan")
