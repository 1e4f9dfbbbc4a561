"""The service's routes: each picks the slow or the fixed function by its variant's switch."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse

from perfkit.demo.backend import Backend, open_backend
from perfkit.demo.dashboard import dashboard_cached, dashboard_uncached
from perfkit.demo.focus import questions, responses_gathered, responses_one_by_one
from perfkit.demo.listing import personas_eager, personas_lazy
from perfkit.demo.matching import matches_linear, matches_quadratic, profiles
from perfkit.demo.search import hybrid_search
from perfkit.demo.settings import Settings
from perfkit.demo.studies import generate_personas, participants, personas_gathered, personas_one_by_one, run_focus_group, segments
from perfkit.trace import redis, sqlalchemy
from perfkit.trace.asgi import TraceMiddleware

_NOT_FOUND = 404

router = APIRouter()


def create_app(settings: Settings, traced: bool = False) -> FastAPI:
    """The service in one variant; traced installs the recorder's hooks, which someone else's record() then feeds."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_backend(settings) as backend:
            app.state.backend = backend
            gc.freeze()  # otherwise the collector walks every imported module again while requests allocate their rows
            hooks = (redis.install(), sqlalchemy.install(backend.engine)) if traced else ()
            try:
                yield
            finally:
                for uninstall in hooks:
                    uninstall()

    app = FastAPI(title="Persona research", lifespan=lifespan)
    app.include_router(router)
    if traced:
        app.add_middleware(TraceMiddleware)
    return app


async def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


Held = Annotated[Backend, Depends(_backend)]


@router.get("/health")
async def health() -> JSONResponse:
    """Is the service up?"""
    return JSONResponse({"status": "ok"})


@router.get("/projects/{project_id}/personas")
async def list_personas(project_id: int, held: Held, page: int = 0) -> JSONResponse:
    """Forty personas of a project with their traits."""
    personas = personas_eager if held.settings.fixes.eager_relations else personas_lazy
    async with held.session() as session:
        return JSONResponse(await personas(session, project_id, page))


@router.post("/projects/{project_id}/personas")
async def invent_personas(project_id: int, held: Held) -> JSONResponse:
    """Twenty personas that the model makes up; nothing is stored, so that every request finds the same data."""
    generate = personas_gathered if held.settings.fixes.parallel_llm else personas_one_by_one
    return JSONResponse(await generate_personas(held.llm, segments(project_id), generate))


@router.get("/personas/search")
async def search_personas(q: str, held: Held) -> JSONResponse:
    """The ten personas that fit a description best."""
    async with held.session() as session:
        return JSONResponse(await hybrid_search(session, q, held.settings))


@router.post("/focus-groups/{group_id}/responses")
async def ask_focus_group(group_id: int, held: Held) -> JSONResponse:
    """What each persona of the group says."""
    async with held.session() as session:
        asked = await questions(session, group_id)
    if not asked:
        raise HTTPException(_NOT_FOUND, f"There is no focus group {group_id}.")
    responses = responses_gathered if held.settings.fixes.parallel_llm else responses_one_by_one
    said = await responses(held.llm, asked)
    return JSONResponse([{"persona_id": one.persona_id, "text": text} for one, text in zip(asked, said, strict=True)])


@router.post("/focus-groups/{group_id}/discussion")
async def discuss(group_id: int, held: Held) -> JSONResponse:
    """Four questions to twenty personas."""
    async with held.session() as session:
        personas, topic = await participants(session, group_id)
    if not topic:
        raise HTTPException(_NOT_FOUND, f"There is no focus group {group_id}.")
    respond = responses_gathered if held.settings.fixes.parallel_llm else responses_one_by_one
    return JSONResponse(await run_focus_group(held.llm, respond, personas, topic))


@router.get("/dashboard")
async def show_dashboard(held: Held) -> JSONResponse:
    """Totals a segment."""
    dashboard = dashboard_cached if held.settings.fixes.cached_dashboard else dashboard_uncached
    return JSONResponse(await dashboard(held))


@router.get("/projects/{project_id}/matches")
async def match_personas(project_id: int, held: Held) -> JSONResponse:
    """Pairs of personas of a project who are alike."""
    async with held.session() as session:
        members = await profiles(session, project_id)
    matches = matches_linear if held.settings.fixes.linear_matching else matches_quadratic
    return JSONResponse(matches(members))
