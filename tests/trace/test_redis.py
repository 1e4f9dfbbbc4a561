"""Commands of a cache are recorded by what they do; what they carry stays in the cache."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from perfkit.demo.services import _redis
from perfkit.trace import redis as hook
from tests.trace.conftest import Spans


@pytest.fixture(scope="module")
def client() -> Iterator[redis.Redis]:
    home = Path(tempfile.mkdtemp(prefix="pk"))
    with _redis(home) as socket, redis.Redis(unix_socket_path=str(socket)) as connected:
        yield connected
    shutil.rmtree(home)


def test_scripts_and_passwords_are_no_keys(client: redis.Redis, spans: Spans, artefact: Path) -> None:
    uninstall = hook.install()
    client.set("user:42:name", "hush-value")
    assert client.get("user:42:name") == b"hush-value" and client.get("user:43:name") is None
    client.script_load("return 'hush-script'")
    client.acl_setuser("hush-user", enabled=True, passwords=["+hush-password"])
    uninstall()
    found = {(span["name"], span["attributes"]["key_pattern"], span["attributes"]["hit"]) for span in spans("cache")}
    assert {("SET", "user:{id}:name", None), ("GET", "user:{id}:name", True), ("GET", "user:{id}:name", False)} <= found
    assert "hush" not in artefact.read_text()
