"""The server as an ASGI application: the page, its files, and the API."""

from __future__ import annotations

import contextlib
import mimetypes
import secrets
from collections.abc import AsyncIterator, Collection
from functools import cache
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from mlcluster import __version__
from mlcluster.report.page import render
from mlcluster.web.api_listing import listed_routes
from mlcluster.web.guard import Guard, cookies_of
from mlcluster.web.job_routes import add_job_routes
from mlcluster.web.job_table import JobTable
from mlcluster.web.limits import Limits
from mlcluster.web.stages import Lane
from mlcluster.web.verb_routes import CLIENT_COOKIE, add_verb_routes
from mlcluster.web.verbs import API, ESI, FITS, PAGES, RATES
from mlcluster.web.workers import Worker

_ASSETS = {
    "app.js": "mlcluster.web",
    "app.css": "mlcluster.web",
    "cluster_view.js": "mlcluster.report",
    "cluster_sheet.css": "mlcluster.report",
    "comparison.css": "mlcluster.report",
    "3Dmol-min.js": "mlcluster.report",
    "3Dmol-LICENSE.txt": "mlcluster.report",
}


def create_app(
    directory: Path,
    *,
    hosts: Collection[str],
    token: str | None = None,
    limits: Limits | None = None,
    project: Path | None = None,
    mlflow: str | None = None,
) -> FastAPI:
    """The application.

    Parameters
    ----------
    directory
        For jobs and their results; one server at a time has it.
    hosts, token
        As of `mlcluster.web.guard.Guard`.
    limits
        The usual ones when None.
    project
        Directory whose runs are shown.
    mlflow
        Address of MLflow's own page, where there is one.
    """
    limits = limits or Limits()
    table = JobTable(directory, limits)
    workers = [Worker(table, (Lane.short,) if limits.jobs else (Lane.short, Lane.long), limits)]
    workers += [Worker(table, (Lane.short, Lane.long), limits) for _ in range(limits.jobs)]

    @contextlib.asynccontextmanager
    async def working(app: FastAPI) -> AsyncIterator[None]:
        for worker in workers:
            worker.start()
        yield
        table.close()
        for worker in workers:
            worker.end()
        for worker in workers:
            worker.join(timeout=5.0)

    app = FastAPI(
        title="mlcluster",
        version=__version__,
        summary="What is in a crystal of a metal cluster, and what it may do.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=working,
    )
    app.add_middleware(Guard, hosts=hosts, token=token)
    app.state.workers = workers
    add_job_routes(app, table)
    add_verb_routes(app, table, API, limits, prefix="/api", waits=True, project=project)
    add_verb_routes(app, table, PAGES, limits, prefix="/page", waits=False, project=project)

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        shown = HTMLResponse(render("app", version=__version__, fits=FITS, esi=ESI, rates=RATES, mlflow=mlflow))
        if CLIENT_COOKIE not in cookies_of(request.headers.get("cookie", "")):
            shown.set_cookie(CLIENT_COOKIE, secrets.token_urlsafe(12), httponly=True, samesite="strict")
        return shown

    @app.get("/api", include_in_schema=False)
    async def listing() -> Response:
        return HTMLResponse(render("api", version=__version__, routes=list(listed_routes(app.openapi()))))

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response(status_code=404)
        kind = mimetypes.guess_type(name)[0] or "text/plain"
        return Response(_content(name), media_type=kind, headers={"cache-control": "no-cache"})

    @app.get("/api/ready", tags=["server"])
    async def ready() -> dict[str, bool]:
        """Whether a process waits for the next request, everything loaded."""
        return {"ready": any(worker.warm.is_set() for worker in workers)}

    return app


@cache
def _content(name: str) -> bytes:
    return files(_ASSETS[name]).joinpath("assets", name).read_bytes()
