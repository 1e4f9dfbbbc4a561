"""pg_stat_statements → the statements of one database that took the most time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfkit.collectors.statements import ALLOWED, Statement, first_word, with_names
from perfkit.errors import CollectionFailed, MissingTool

if TYPE_CHECKING:
    from perfkit.collectors.postgres_server import Server

NEW_NAMES_SINCE = 130000
TOP_LEVEL_SINCE = 140000
HIDDEN_TEXT = "<insufficient privilege>"
OURS = "/* perfkit */"
NOT_CREATED = "create extension pg_stat_statements"
NOT_LOADED = "put pg_stat_statements into shared_preload_libraries of the server's configuration, restart it"
ADVICE = f"To enable it: {NOT_LOADED}, then run {NOT_CREATED!r} in the database. Until then name statements in a file or with --from-trace."


def top_statements(server: Server, count: int) -> list[Statement]:
    """Named by what they do; their placeholders are $1, $2 …, as the server wrote down no values."""
    import psycopg
    from psycopg import sql

    with server.transaction() as cursor:
        try:
            schema = cursor.execute(
                "select /* perfkit */ extnamespace::regnamespace::text from pg_extension where extname = 'pg_stat_statements'"
            ).fetchone()
            if schema is None:
                raise MissingTool(f"The database {server.connection.info.dbname} has no pg_stat_statements to take statements from. {ADVICE}")
            rows = cursor.execute(_question(server.number, sql.SQL(schema[0]))).fetchall()
        except psycopg.errors.ObjectNotInPrerequisiteState as error:
            raise MissingTool(f"The server does not count statements: {error.diag.message_primary}. {ADVICE}") from None
        except psycopg.Error as error:
            raise CollectionFailed(f"pg_stat_statements cannot be read: {error.diag.message_primary}. Connect as a role that may.") from None
    return _statements(rows, server, count)


def hidden_text(count: int, advice: str) -> str:
    """What a role is told that may not see everything."""
    told = "One statement of another role is" if count == 1 else f"{count} statements of other roles are"
    return f"{told} hidden from this one. {advice}"


def _question(version: int, schema: Any) -> Any:
    from psycopg import sql

    words = {
        "time": sql.Identifier("total_exec_time" if version >= NEW_NAMES_SINCE else "total_time"),
        "top": sql.SQL("and toplevel" if version >= TOP_LEVEL_SINCE else ""),
        "view": sql.SQL("{}.pg_stat_statements").format(schema),
    }
    text = """
        select /* perfkit */ query, count(*) from {view}
        where dbid = (select oid from pg_database where datname = current_database()) {top} and query is not null
        group by query order by sum({time}) desc, query
    """
    return sql.SQL(text).format(**words)


def _statements(rows: list[tuple[str, int]], server: Server, count: int) -> list[Statement]:
    hidden = sum(entries for query, entries in rows if query == HIDDEN_TEXT)
    fitting = [query for query, _ in rows if query != HIDDEN_TEXT and OURS not in query and first_word(query) in ALLOWED][:count]
    if hidden:
        server.options.say(hidden_text(hidden, "A member of pg_read_all_stats sees them."))
    if not fitting:
        raise CollectionFailed("pg_stat_statements holds no statement of this database that can be explained. Use the application first.")
    return with_names(fitting)
