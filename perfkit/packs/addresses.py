"""Is an address on this machine? Nobody else's service is started, waited for or loaded by a test."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_here(url: str) -> bool:
    """Of http or https, with a port that is a number or {port}; what cannot be read is nowhere."""
    try:
        parts = urlsplit(url.replace("{port}", "1"))
        named = parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
        return named and (parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback)
    except ValueError:
        return False
