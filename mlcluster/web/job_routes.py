"""Jobs by their ids: how they stand, what they gave, and their end."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from mlcluster.web.guard import REPORT_POLICY
from mlcluster.web.job import Job, RefusedError
from mlcluster.web.job_table import JobTable
from mlcluster.web.verb_routes import client_of

PROGRESS, REPORT = "progress.json", "report.html"
"""Files in the folder of a job: what is there so far, and the page that needs nothing else."""


def add_job_routes(app: FastAPI, table: JobTable) -> None:
    """Add the routes below ``/api/jobs``."""

    @app.get("/api/jobs", tags=["jobs"])
    async def jobs(request: Request) -> list[dict[str, Any]]:
        """Jobs of this client, the newest first."""
        return [job.description() for job in table.of(client_of(request))]

    @app.get("/api/jobs/{name}", tags=["jobs"])
    async def status(name: str) -> Response:
        """How a job stands: waiting, running, done, failed or cancelled, and which of its stages are done."""
        job = _found(table, name)
        return _missing() if job is None else JSONResponse(job.description())

    @app.delete("/api/jobs/{name}", tags=["jobs"])
    async def cancel(name: str) -> Response:
        """End a job wherever it stands."""
        job = _found(table, name)
        if job is None:
            return _missing()
        table.cancel(job)
        return JSONResponse(job.description())

    @app.get("/api/jobs/{name}/result", tags=["jobs"])
    async def result(name: str, stage: int | None = None) -> Response:
        """What a stage of a job gave; without a number the last one."""
        job = _found(table, name)
        if job is None:
            return _missing()
        number = len(job.stages) - 1 if stage is None else stage
        file = job.result_file(number)
        if not 0 <= number < len(job.stages) or not file.is_file():
            return JSONResponse({"error": job.error or "this is not there yet."}, 422 if job.error else 404)
        return FileResponse(file, media_type="application/json")

    @app.get("/api/jobs/{name}/progress", tags=["jobs"])
    async def progress(name: str) -> Response:
        """What a screen has so far."""
        job = _found(table, name)
        file = None if job is None else job.folder / PROGRESS
        if file is None or not file.is_file():
            return JSONResponse({})
        return FileResponse(file, media_type="application/json")

    @app.get("/api/jobs/{name}/report.html", tags=["jobs"])
    async def report(name: str, save: bool = False) -> Response:
        """The result as one page that needs nothing else."""
        job = _found(table, name)
        file = None if job is None else job.folder / REPORT
        if file is None or not file.is_file():
            return _missing()
        headers = {"content-security-policy": REPORT_POLICY}
        if save:
            headers["content-disposition"] = 'attachment; filename="report.html"'
        return FileResponse(file, media_type="text/html; charset=utf-8", headers=headers)


def _found(table: JobTable, name: str) -> Job | None:
    try:
        return table.get(name)
    except RefusedError:
        return None


def _missing() -> Response:
    return JSONResponse({"error": "no such job, or it is too old."}, 404)
