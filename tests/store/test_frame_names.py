"""Files are told apart by who owns them and named as one would say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from perfkit.store import Store

OWNERS = {
    ("/home/me/shop/app/views.py", "list_items"): ("application", "app/views.py", "app.views"),
    ("/home/me/shop/app/__init__.py", "<module>"): ("application", "app/__init__.py", "app"),
    ("../shop/app/job.py", "main"): ("application", "../shop/app/job.py", "shop.app.job"),
    ("/home/me/shop/tools/../app/job.py", "main"): ("application", "app/job.py", "app.job"),
    ("/src/perfkit/collectors/children/awaited.py", "run"): (
        "library",
        "/src/perfkit/collectors/children/awaited.py",
        ".src.perfkit.collectors.children.awaited",
    ),
    ("./tools/run.py", "main"): ("application", "tools/run.py", "tools.run"),
    ("/venv/lib/python3.11/site-packages/pydantic/main.py", "validate"): ("library", "pydantic/main.py", "pydantic.main"),
    ("C:\\venv\\Lib\\site-packages\\pydantic\\main.py", "validate"): ("library", "pydantic\\main.py", "pydantic.main"),
    ("/usr/lib/python3.12/json/decoder.py", "decode"): ("standard", "json/decoder.py", "json.decoder"),
    ("json/decoder.py", "decode"): ("standard", "json/decoder.py", "json.decoder"),
    ("<frozen importlib._bootstrap>", "_load"): ("standard", "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"),
    ("<sqlalchemy generated warned() wrapper for sqlalchemy.engine.create.create_engine>", "create_engine"): (
        "library",
        "<sqlalchemy generated warned() wrapper for sqlalchemy.engine.create.create_engine>",
        "<sqlalchemy generated warned() wrapper for sqlalchemy.engine.create.create_engine>",
    ),
    ("<string>", "main"): ("application", "<string>", "<string>"),
    ("~", "<built-in method builtins.len>"): ("native", "~", "~"),
    ("/usr/lib/x86_64-linux-gnu/libc.so.6", "memcpy"): ("native", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
    ("[kernel.kallsyms]", "do_syscall_64"): ("native", "[kernel.kallsyms]", "[kernel.kallsyms]"),
    ("/home/me/shop/node_modules/react/index.js", "render"): (
        "library",
        "react/index.js",
        "react/index.js",
    ),
    ("chrome-extension://abc/content.js", "scan"): ("library", "chrome-extension://abc/content.js", "chrome-extension://abc/content.js"),
    ("/usr/lib/ruby/3.2.0/set.rb", "each"): ("standard", "/usr/lib/ruby/3.2.0/set.rb", "/usr/lib/ruby/3.2.0/set.rb"),
    ("/usr/local/bundle/gems/rack-3.0.8/lib/rack.rb", "call"): (
        "library",
        "/usr/local/bundle/gems/rack-3.0.8/lib/rack.rb",
        "/usr/local/bundle/gems/rack-3.0.8/lib/rack.rb",
    ),
    ("(unknown)", "parse [c function]"): ("native", "(unknown)", "(unknown)"),
    ("sre_parse.py", "_parse"): ("standard", "sre_parse.py", "sre_parse"),
    ("<built-in>", "lock.acquire"): ("native", "<built-in>", "<built-in>"),
    ("[native code]", "forEach"): ("native", "[native code]", "[native code]"),
    ("?", "0x7fd84dc4fcd6"): ("native", "?", "?"),
    ("node:internal/timers", "tick"): ("standard", "node:internal/timers", "node:internal/timers"),
    ("", "work"): ("unknown", "", ""),
}


@pytest.mark.parametrize("place", OWNERS, ids=lambda place: place[0] or "nowhere")
def test_a_file_has_an_owner_and_a_name(place: tuple[str, str], tmp_path: Path) -> None:
    file, function = place
    question = "select origin_of($1, $2), shown_file($1, '/home/me/shop'), module_of(shown_file($1, '/home/me/shop'))"
    _, [row] = Store(tmp_path / "perfkit.duckdb").query(question, [file, function])
    assert row == OWNERS[place]
