"""Writes what hey, ApacheBench and wrk print, from short runs of the real tools against a small server on loopback."""

from __future__ import annotations

import asyncio
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent
STATUSES = {"ok": (200,), "mixed": (200, 200, 200, 404, 500, 429, 200, 200), "missing": (404,), "stalls": (200,), "silent": (200,)}
STALL_S = 1.5
NOISE = random.Random(7)
COMMANDS = {
    "hey_csv/ok.csv": "hey -n 300 -c 5 -o csv {base}/ok",
    "hey_csv/mixed_statuses.csv": "hey -n 200 -c 4 -disable-keepalive -o csv {base}/mixed",
    "hey_csv/timeouts_left_out.csv": "hey -n 60 -c 6 -t 1 -o csv {base}/stalls",
    "ab_gnuplot/ok.tsv": "ab -q -n 300 -c 5 -g {out} {base}/ok",
    "ab_gnuplot/mixed_statuses.tsv": "ab -q -k -n 400 -c 4 -g {out} {base}/mixed",
    "ab_percentiles/ok.csv": "ab -q -n 300 -c 5 -e {out} {base}/ok",
    "ab_percentiles/mixed_statuses.csv": "ab -q -k -n 400 -c 4 -e {out} {base}/mixed",
    "wrk_text/plain.txt": "wrk -t 1 -c 4 -d 1s {base}/ok",
    "wrk_text/latency.txt": "wrk -t 2 -c 4 -d 1s --latency {base}/mixed",
    "wrk_text/timeouts.txt": "wrk -t 1 -c 4 -d 4s --timeout 1s --latency {base}/stalls",
    "wrk_text/no_answers.txt": "wrk -t 1 -c 2 -d 1s --latency {base}/silent",
}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Requests of one connection, each after a short and sometimes a long pause."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            name = head.split()[1].decode().strip("/")
            statuses = STATUSES[name]
            stalls = name == "silent" or (name == "stalls" and NOISE.random() < 0.1)
            await asyncio.sleep(STALL_S if stalls else NOISE.lognormvariate(-6, 0.6))
            status = statuses[NOISE.randrange(len(statuses))]
            keep = b"keep-alive" if b"onnection: close" not in head and (b"HTTP/1.1" in head or b"eep-" in head) else b"close"
            body = b"x" * 64
            writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s" % (status, len(body), keep, body))
            await writer.drain()
            if keep == b"close":
                break
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        pass
    finally:
        writer.close()


async def close(server: asyncio.Server) -> None:
    """No connection outlives the server."""
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@contextmanager
def serving() -> Iterator[str]:
    """The server in a thread of its own; its address without the path."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def main() -> None:
    with serving() as base:
        for name, command in COMMANDS.items():
            path = FOLDER / name
            path.parent.mkdir(exist_ok=True)
            printed = subprocess.run(command.format(base=base, out=path).split(), capture_output=True, timeout=30, check=False)
            if "{out}" not in command:
                path.write_bytes(printed.stdout)
            print(name, path.stat().st_size if path.exists() else "nothing", printed.stderr.decode()[-200:])


if __name__ == "__main__":
    main()
