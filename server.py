"""What ``make app`` serves: the pages of ``app.py`` behind a cookie that tells raters apart, and a readiness route."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime.pages_manager import PagesManager

from studio import logs
from studio.backups import BackupSchedule
from studio.places import without_folders
from studio.readiness import Readiness
from studio.retention import RetentionSchedule
from studio.settings import load_settings
from ui import cache
from ui.protection import ask_nobody, middleware, refuse_messages

# ``st.navigation`` names the pages; without this a deep link after a start finds the old discovery of ``pages/``.
PagesManager.uses_pages_directory = False
refuse_messages()
ask_nobody()

PATIENCE = 10
"""Seconds after which visitors are let in all the same."""

settings = load_settings()
logs.configure(settings.xai_log_level)
log = logging.getLogger("server")
readiness = Readiness(cache.storage_problem)


async def ready(_request: Request) -> JSONResponse:
    """200 when a vote can be stored, 503 with the reason when not."""
    problem = await readiness.problem()
    told = problem and without_folders(problem)
    return JSONResponse({"ready": problem is None, "problem": told}, status_code=200 if problem is None else 503)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Let visitors in once the first image is prepared, so that it is there when they come; leave one whole file."""
    warming = asyncio.ensure_future(asyncio.to_thread(cache.warm_up))
    await asyncio.wait([warming], timeout=PATIENCE)
    if warming.done() and (error := warming.exception()):
        log.error("warm-up failed", exc_info=error)
    backups = BackupSchedule(settings.database, hours=settings.xai_backup_hours, keep=settings.xai_backup_keep)
    backups.start()
    retention = RetentionSchedule(
        lambda: cache.feedback().database, days=settings.xai_retention_days, manner=settings.xai_retention
    )
    retention.start()
    yield
    await asyncio.to_thread(retention.stop)
    await asyncio.to_thread(backups.stop)
    await asyncio.to_thread(cache.close)


app = st.App(
    Path(__file__).with_name("app.py"),
    routes=[Route("/api/ready", ready)],
    middleware=middleware(settings),
    lifespan=lifespan,
)
