"""redis-py client → cache spans: command, key pattern, hit or miss; never a key's identifiers, never a value."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import redis
import redis.asyncio

from perfkit.trace import recorder
from perfkit.trace.fingerprint import pattern
from perfkit.trace.recorder import Recorder, Span

_READS = frozenset({"GET", "GETEX", "GETDEL", "HGET", "HGETALL", "LPOP", "RPOP", "SMEMBERS"})
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "EVALSHA_RO", "EVAL_RO", "FCALL", "FCALL_RO", "FUNCTION", "SCRIPT"})
_KEYLESS = _SCRIPTS | {"ACL", "AUTH", "CLIENT", "CONFIG", "DBSIZE", "ECHO", "FLUSHALL", "FLUSHDB", "HELLO", "INFO", "KEYS", "PING"}
"""What follows is no key, but may be a user or a password."""


def install() -> Callable[[], None]:
    """Records every command of redis-py's clients, blocking and asynchronous; returns what takes the hooks out again."""
    blocking, waiting = redis.Redis.execute_command, redis.asyncio.Redis.execute_command
    redis.Redis.execute_command = _blocking(blocking)  # type: ignore[method-assign]
    redis.asyncio.Redis.execute_command = _waiting(waiting)  # type: ignore[method-assign]

    def uninstall() -> None:
        redis.Redis.execute_command = blocking  # type: ignore[method-assign]
        redis.asyncio.Redis.execute_command = waiting  # type: ignore[method-assign]

    return uninstall


def _blocking(original: Any) -> Any:
    @wraps(original)
    def execute_command(client: Any, *words: Any, **options: Any) -> Any:
        recording = recorder.active
        if recording is None or not words:
            return original(client, *words, **options)
        span = _begin(recording, words)
        try:
            reply = original(client, *words, **options)
        except BaseException as error:
            _finish(recording, span, error=error)
            raise
        _finish(recording, span, reply)
        return reply

    return execute_command


def _waiting(original: Any) -> Any:
    @wraps(original)
    async def execute_command(client: Any, *words: Any, **options: Any) -> Any:
        recording = recorder.active
        if recording is None or not words:
            return await original(client, *words, **options)
        span = _begin(recording, words)
        try:
            reply = await original(client, *words, **options)
        except BaseException as error:
            _finish(recording, span, error=error)
            raise
        _finish(recording, span, reply)
        return reply

    return execute_command


def _begin(recording: Recorder, words: tuple[Any, ...]) -> Span:
    command = str(words[0]).partition(" ")[0].upper()
    key = words[1] if len(words) > 1 and command not in _KEYLESS else None
    text = key.decode("utf-8", "replace") if isinstance(key, bytes) else key
    key_pattern = pattern(text) if isinstance(text, str) else None
    span = recording.begin("cache", command, recording.sites.here(2))
    span.fingerprint = key_pattern
    span.attributes = {"command": command, "key_pattern": key_pattern, "hit": None}
    return span


def _finish(recording: Recorder, span: Span, reply: Any = None, error: BaseException | None = None) -> None:
    if error is not None:
        span.status = "error"
        span.attributes["error"] = type(error).__name__
    elif span.name in _READS:
        span.attributes["hit"] = reply is not None and reply not in ({}, set(), [])
    recording.finish(span)
