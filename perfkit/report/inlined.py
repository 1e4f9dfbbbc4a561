"""A figure beside a report → text that an HTML file holds in itself. What lies elsewhere, or is no picture, stays out."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import unquote

PICTURES = {
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".webp": ("image/webp", b"RIFF"),
    ".svg": ("image/svg+xml", b"<svg"),
}
"""Suffix → kind, and what its first bytes hold."""
BEGINNING = 2000


def data_uri(folder: Path, source: str) -> str | None:
    """None for anything but a picture below the folder: a report is text of others, and must not carry other files away."""
    home = folder.resolve()
    try:
        path = (home / unquote(source)).resolve()
        if path.suffix.lower() not in PICTURES or not path.is_relative_to(home) or not path.is_file():
            return None
        content = path.read_bytes()
    except (OSError, ValueError):
        return None
    kind, signature = PICTURES[path.suffix.lower()]
    if signature not in content[:BEGINNING]:
        return None
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
