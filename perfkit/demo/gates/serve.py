"""python -m perfkit.demo.gates.serve: POST /validate?number=N validates a document in one variant, until SIGTERM."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import click
from fastapi import FastAPI

from perfkit.demo.gates.__main__ import engine_of, log_of
from perfkit.demo.gates.documents import document
from perfkit.demo.llm import LanguageModel
from perfkit.demo.processes import child
from perfkit.demo.serving import serve
from perfkit.demo.settings import BASELINE, VARIANTS


def create_app(variant: str, llm_url: str, folder: Path) -> FastAPI:
    """One variant of the service."""
    llm, log = LanguageModel(llm_url), log_of(variant, folder)
    engine = engine_of(variant, llm, log)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await engine.analyst.start()
        yield
        await llm.close()
        log.close()

    app = FastAPI(title="Validation of documents", lifespan=lifespan)

    @app.post("/validate")
    async def validate(number: int) -> list[str]:
        """The gates that the document did not pass."""
        return list((await engine.validate(document(number))).violations)

    return app


@click.command()
@click.option("--variant", default=BASELINE, type=click.Choice(VARIANTS), show_default=True)
@click.option("--folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where the audit log is, or will be.")
@click.option("--port", default=0, help="0 takes a free one.")
def main(variant: str, folder: Path, port: int) -> None:
    """Serve one variant, with a model server of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    with child("perfkit.demo.llm_server", (), folder / "llm.log") as server:
        serve(create_app(variant, f"http://127.0.0.1:{server.announced['port']}", folder), port, variant=variant)


if __name__ == "__main__":
    main()
