"""What every answer tells the browser: what it may load, whom it may tell, what it may keep."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request
from flask_talisman import Talisman
from werkzeug.wrappers import Response

CONTENT = {
    "default-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
YEAR_SECONDS = 365 * 24 * 3600
_versions: dict[Path, tuple[int, str]] = {}


def init_app(app: Flask, *, secure: bool) -> None:
    """Send strict headers with everything; `secure` also has browsers insist on HTTPS."""
    Talisman(
        app,
        force_https=False,  # the proxy that ends TLS does that
        strict_transport_security=secure,
        session_cookie_secure=secure,
        session_cookie_samesite="Lax",
        content_security_policy=CONTENT,
        frame_options="DENY",
        referrer_policy="same-origin",
        permissions_policy=dict.fromkeys(("browsing-topics", "camera", "geolocation", "microphone"), "()"),
    )
    app.after_request(_say_what_may_be_kept)
    app.url_defaults(_add_version)


def _say_what_may_be_kept(response: Response) -> Response:
    """Pages hold personal data, so nothing keeps them; a file under its version never changes."""
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    elif request.args.get("v") == version((request.view_args or {}).get("filename", "")):
        response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    return response


def _add_version(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint == "static" and "v" not in values:
        values["v"] = version(values.get("filename", ""))


def version(filename: str) -> str | None:
    """Return a name for the content of a static file as it is now; None where there is no file."""
    file = Path(current_app.static_folder or "") / filename
    try:
        changed = file.stat().st_mtime_ns
        known = _versions.get(file)
        if known is None or known[0] != changed:
            known = _versions[file] = (changed, sha256(file.read_bytes()).hexdigest()[:10])
    except OSError:
        return None
    return known[1]
