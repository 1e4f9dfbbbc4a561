"""Whom a load test may reach: http on this machine; another machine only when the caller says so."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from perfkit.errors import CollectionFailed, UsageError

ANSWER_S = 5.0
PORTS = {"http": 80, "https": 443}


def check_target(target: str, *, allow_remote: bool) -> None:
    """Raises before any load is made when the target is no web address, is not ours to load, or does not answer."""
    address = urlsplit(target)
    if address.scheme not in PORTS or not address.hostname:
        raise UsageError(f"The target {target!r} is no web address. Give one like http://127.0.0.1:8000.")
    found = _addresses(address, target)
    remote = [ip for ip in found if not ipaddress.ip_address(ip.split("%")[0]).is_loopback]
    if remote and not allow_remote:
        raise UsageError(
            f"The target {target} is another machine ({remote[0]}), and a load test can take it down. "
            "If it is yours to load, say so with allow_remote (--allow-remote)."
        )
    _knock(address, target)


def _port(address: SplitResult, target: str) -> int:
    try:
        return address.port or PORTS[address.scheme]
    except ValueError as error:
        raise UsageError(f"The target {target!r} has no valid port.") from error


def _addresses(address: SplitResult, target: str) -> list[str]:
    try:
        found = socket.getaddrinfo(address.hostname, _port(address, target), type=socket.SOCK_STREAM)
    except OSError as error:
        raise _unreachable(target, error) from error
    return [str(entry[4][0]) for entry in found]


def _knock(address: SplitResult, target: str) -> None:
    try:
        socket.create_connection((address.hostname or "", _port(address, target)), timeout=ANSWER_S).close()
    except OSError as error:
        raise _unreachable(target, error) from error


def _unreachable(target: str, error: OSError) -> CollectionFailed:
    reason = error.strerror or error
    return CollectionFailed(f"Nothing answers at {target}: {reason}. Start the application, or name the address where it runs.")
