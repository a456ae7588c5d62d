"""Files that the panel sends: kept by the browser under their name, never shown in its place."""

from urllib.parse import quote


def attachment(name: str) -> str:
    """The header that makes a browser keep a file under its name, whatever the script (RFC 6266)."""
    plain = name.encode("ascii", "ignore").decode().replace('"', "") or "file"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
