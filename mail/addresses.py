"""E-mail addresses."""

from email.errors import MessageError
from email.headerregistry import Address


def is_address(text: str) -> bool:
    """Tell whether mail can be addressed to `text`: one address, and nothing else on the line."""
    try:
        return bool(Address(addr_spec=text).domain)
    except (MessageError, ValueError, IndexError):
        return False
