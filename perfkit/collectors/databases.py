"""What a user calls a database → which engine it is, and how to get there. A password stays in the DSN that it came in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from perfkit.errors import MissingTool, UsageError
from perfkit.model.run import HIDDEN
from perfkit.workspace import find_workspace

if TYPE_CHECKING:
    import psycopg

CONNECT_S = 5
IN_A_FILE = "@"
EXPECTED = "postgresql://user@host:5432/database, sqlite:///file.db, duckdb:///file.duckdb, or the path of such a file"
SCHEME = re.compile(r"^(?P<engine>\w+)(?:\+\w+)?://")
ENGINES = {"postgresql": "postgresql", "postgres": "postgresql", "sqlite": "sqlite", "duckdb": "duckdb"}
MAGIC = {"sqlite": (0, b"SQLite format 3\0"), "duckdb": (8, b"DUCK")}
"""Where in a file each engine writes what."""
TLS = {"true": "require", "1": "require", "false": "disable", "0": "disable"}
"""What drivers other than libpq's own say of encryption."""


def written_out(dsn: str) -> str:
    """A DSN as it is, or what the file says that it names: @secrets/shop.dsn keeps a password out of notebooks and histories."""
    if not dsn.startswith(IN_A_FILE):
        return dsn
    named = Path(dsn.removeprefix(IN_A_FILE))
    path = named if named.is_absolute() or named.is_file() else find_workspace().root / named
    try:
        said = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The DSN should stand in {path}, which cannot be read: {error}. Write it there, or give it as {EXPECTED}.") from error
    if not said or "\n" in said:
        raise UsageError(f"{path} holds no DSN on one line. Expected {EXPECTED}.")
    return said


def engine_of(dsn: str) -> str:
    """postgresql, sqlite or duckdb; the error never repeats the DSN, for it may hold a password."""
    scheme = SCHEME.match(dsn)
    if scheme:
        if scheme["engine"] not in ENGINES:
            raise UsageError(f"Plans of {scheme['engine']} cannot be collected. Expected {EXPECTED}.")
        return ENGINES[scheme["engine"]]
    file = _file(dsn)
    if file is None and "=" in dsn:
        return "postgresql"
    return _engine_of_file(file)


def file_of(dsn: str) -> Path:
    """The database file that a URL as SQLAlchemy writes it, or a path, names."""
    scheme = SCHEME.match(dsn)
    named = dsn[scheme.end() :].removeprefix("/").split("?", 1)[0] if scheme else dsn
    if not named or named == ":memory:":
        raise UsageError("A database in memory belongs to its process alone. Name a database file.")
    path = Path(named)
    if not path.is_file():
        raise UsageError(f"There is no database file {path}.")
    return path


NOT_REACHED = "Start the server, or name another one with --dsn."
REFUSED = {
    "password": "Give the right one in the DSN, in PGPASSWORD or in ~/.pgpass.",
    "pg_hba.conf": "Let pg_hba.conf admit this user from here, or connect as another one.",
    "role ": "Name the user in the DSN: postgresql://USER@host/database.",
    "database ": "Name the database in the DSN: postgresql://user@host/DATABASE.",
    "too many clients": "Close some connections, and try again.",
    "the database system is": "Wait until the server is up, and try again.",
}
"""What to do when a server answers and refuses, by a sign in its words."""
IS_IT_RUNNING = re.compile(r"\n\s*Is the server running .*\?")


def conninfo_of(dsn: str) -> dict[str, Any]:
    """The DSN's parts as libpq understands them; the error never repeats the DSN, for it may hold a password."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    dsn = written_out(dsn)
    if (scheme := SCHEME.match(dsn)) and scheme["engine"] in ENGINES and ENGINES[scheme["engine"]] != "postgresql":
        raise UsageError(f"This needs a PostgreSQL server, not {scheme['engine']}. Name one with --dsn postgresql://user@host:5432/database.")
    try:
        return {"connect_timeout": CONNECT_S, "application_name": "perfkit", **conninfo_to_dict(_as_libpq(dsn))}
    except (psycopg.Error, ValueError):
        raise UsageError("The DSN cannot be read. Expected postgresql://user:password@host:5432/database.") from None


def connected(dsn: str) -> psycopg.Connection[Any]:
    """A connection to PostgreSQL, outside any transaction."""
    import psycopg

    parts = conninfo_of(dsn)
    try:
        return psycopg.connect(**parts)
    except psycopg.OperationalError as error:
        where = f"{parts.get('host') or 'the local socket'}, database {parts.get('dbname') or 'by default'}"
        reason = without_password(str(error), parts)
        advice = next((advice for sign, advice in REFUSED.items() if sign in reason), NOT_REACHED)
        raise MissingTool(f"No connection to PostgreSQL at {where}: {reason}. {advice}") from None


def without_password(text: str, parts: Mapping[str, Any]) -> str:
    """The text on one line, the password of the DSN hidden."""
    for name in ("password", "sslpassword"):
        if parts.get(name):
            text = text.replace(str(parts[name]), HIDDEN)
    return " ".join(IS_IT_RUNNING.sub("", text).split()).rstrip(".")


def _file(dsn: str) -> Path | None:
    """The file of that name; a text that no file system takes as a name is none."""
    try:
        return Path(dsn) if Path(dsn).is_file() else None
    except (OSError, ValueError):
        return None


def _engine_of_file(path: Path | None) -> str:
    if path is None:
        raise UsageError(f"The DSN is neither a database file that is there nor a URL. Expected {EXPECTED}.")
    with path.open("rb") as file:
        head = file.read(32)
    for engine, (at, mark) in MAGIC.items():
        if head[at : at + len(mark)] == mark:
            return engine
    raise UsageError(f"{path} is no database of SQLite or DuckDB. Expected {EXPECTED}.")


def _as_libpq(dsn: str) -> str:
    """SQLAlchemy names a driver in the scheme, and that driver's own options are not libpq's."""
    from psycopg.pq import Conninfo

    scheme = SCHEME.match(dsn)
    if not scheme:
        return dsn
    plain = f"postgresql://{dsn[scheme.end() :]}"
    if "+" not in scheme[0] or "?" not in plain:
        return plain
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    parts = urlsplit(plain)
    options = [("sslmode", TLS.get(value, value)) if name == "ssl" else (name, value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode([option for option in options if option[0] in known])))
