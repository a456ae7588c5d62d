"""A request sends people on to pages of ours, whatever its address says."""

import pytest

from admin.http.safe_redirect import local_path

ELSEWHERE = [
    "https://evil.example",
    "https:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "javascript:alert(1)",
    "data:text/html,hello",
    "evil.example",
    "http://[evil",
    "",
    None,
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_elsewhere_is_not_followed(address):
    assert local_path(address, "/here") == "/here"


@pytest.mark.parametrize("address", ["/", "/admin/users/?q=%E6%9E%97&page=2", "/admin/#main", "/投訴"])
def test_an_address_of_ours_is(address):
    assert local_path(address, "/here") == address
