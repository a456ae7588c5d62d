"""Where a request may send people on to: to pages of our own, never elsewhere."""

from urllib.parse import urlsplit


def local_path(address: str | None, otherwise: str = "/") -> str:
    """Return `address` if every browser takes it for a page of this site, and `otherwise` if not.

    Browsers read a backslash as a slash and skip control characters, so `/\\host` and a tab
    before `//host` lead away; both are refused, and so is anything with a scheme or a host.
    """
    if not address or not address.isprintable() or "\\" in address:
        return otherwise
    try:
        parts = urlsplit(address)
    except ValueError:
        return otherwise
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//"):
        return otherwise
    return address
