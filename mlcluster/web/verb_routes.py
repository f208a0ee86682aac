"""A route for each thing that can be asked: options and files are read, a job is made of them, its result is given."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from mlcluster.errors import InputError, MlclusterError
from mlcluster.web.fields import read_fields
from mlcluster.web.guard import cookies_of
from mlcluster.web.job import Job, RefusedError, State
from mlcluster.web.job_table import UPLOADS, JobTable
from mlcluster.web.limits import Limits
from mlcluster.web.uploads import Body, body_of, store
from mlcluster.web.verbs import QUICK, Verb

CLIENT_COOKIE = "mlcluster_client"
_BODIES = 8
"""Bodies that are taken in at a time."""


def client_of(request: Request) -> str:
    """Whose request it is: what browser at what address."""
    address = request.client.host if request.client else ""
    return f"{address} {cookies_of(request.headers.get('cookie', '')).get(CLIENT_COOKIE, '')[:40]}"


def add_verb_routes(
    app: FastAPI,
    table: JobTable,
    verbs: Sequence[Verb],
    limits: Limits,
    *,
    prefix: str,
    waits: bool,
    project: Path | None,
) -> None:
    """Add a route a verb.

    Parameters
    ----------
    prefix
        Of their paths.
    waits
        Whether an answer is the result, unless ``wait=false`` asks for a job; else it is always a job.
    project
        Directory whose runs are shown.
    """
    taking = asyncio.Semaphore(_BODIES)
    for verb in verbs:
        path = f"{prefix}/{verb.path}"
        endpoint = _endpoint(verb, table, limits, taking, waits=waits, project=project)
        if waits and not verb.files[0]:
            app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False, response_class=Response)
        app.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            name=verb.path,
            summary=verb.what,
            tags=["verbs"],
            include_in_schema=waits,
            response_class=Response,
            openapi_extra=_schema(verb),
        )


def _endpoint(
    verb: Verb, table: JobTable, limits: Limits, taking: asyncio.Semaphore, *, waits: bool, project: Path | None
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        client = client_of(request)
        try:
            table.check_room(client)
            async with taking:
                body = await _body(request, limits)
            wait = waits and (body.texts.pop("wait", ["true"])[0].lower() not in ("false", "0", "no"))
            job = await asyncio.to_thread(_job, verb, table, limits, client, body, wait, project)
        except RefusedError as error:
            return JSONResponse({"error": str(error)}, 429, {"retry-after": "5"})
        except TooLargeError as error:
            return JSONResponse({"error": str(error)}, 413)
        except MlclusterError as error:
            return JSONResponse({"error": str(error)}, 422)
        except OSError as error:  # a full disk, say
            return JSONResponse({"error": f"the server cannot keep this: {error.strerror}."}, 507)
        if not wait:
            return JSONResponse(job.description(), 202, {"location": f"/api/jobs/{job.id}"})
        try:
            return await _answer(request, table, job)
        finally:
            await asyncio.to_thread(table.release, job)

    return endpoint


class TooLargeError(MlclusterError):
    """A body is larger than the server takes, or comes too slowly."""


async def _body(request: Request, limits: Limits) -> Body:
    """Query and body of a request, no more of it than may be."""
    stated = request.headers.get("content-length", "0")
    if stated.isdigit() and int(stated) > limits.upload_bytes:
        raise _too_large(limits)
    data = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for chunk in request.stream():
                data += chunk
                if len(data) > limits.upload_bytes:
                    raise _too_large(limits)
    except TimeoutError:
        raise TooLargeError("the upload takes too long.", expected=f"{limits.body_seconds:g} s at most") from None
    body = await asyncio.to_thread(body_of, request.headers.get("content-type", ""), bytes(data))
    body.add(request.query_params.multi_items())
    return body


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError("the upload is too large.", expected=f"{limits.upload_bytes / 1e6:g} MB at most")


def _job(verb: Verb, table: JobTable, limits: Limits, client: str, body: Body, wait: bool, project: Path | None) -> Job:
    """Check what was stated, keep the files, and put the job into the queue."""
    options = read_fields(verb.fields, body.texts) | dict(verb.fixed or {})
    if "runs" in verb.path and project is not None:
        options["project"] = str(project)
    fewest, most = verb.files
    most = limits.files if most is None else most
    if not fewest <= len(body.files) <= most:
        raise InputError("not the number of files this takes.", found=len(body.files), expected=_counted(fewest, most))
    stages = verb.quick if verb.quick and options.get("level") in QUICK else verb.stages
    made = table.new_folder()
    try:
        names = store(body.files, made[1] / UPLOADS)
    except OSError:
        shutil.rmtree(made[1], ignore_errors=True)
        raise
    return table.add(client, stages, made=made, files=names, options=options, kept=not wait)


def _counted(fewest: int, most: int) -> str:
    return str(fewest) if fewest == most else f"{fewest} to {most}"


async def _answer(request: Request, table: JobTable, job: Job) -> Response:
    """What the job gives; a client that goes away ends it."""
    ended = asyncio.wrap_future(job.future)
    while True:
        done, _ = await asyncio.wait({ended}, timeout=1.0)
        if done:
            break
        if await request.is_disconnected():
            table.cancel(job)
            return Response(status_code=499)
    if job.state is State.done:
        content = await asyncio.to_thread(job.result_file(len(job.stages) - 1).read_bytes)
        return Response(content, media_type="application/json")
    return JSONResponse({"error": job.error}, 422)


def _schema(verb: Verb) -> dict[str, Any]:
    """What OpenAPI says of the body."""
    properties = {field.name: field.schema() for field in verb.fields}
    if verb.files != (0, 0):
        one = {"type": "string", "format": "binary", "description": "As it is; its name tells the format."}
        properties["file"] = one if verb.files[1] == 1 else {"type": "array", "items": one}
    properties["wait"] = {"type": "boolean", "description": "false: answer at once with a job, to be asked for later."}
    required = ["file"] if verb.files[0] else []
    schema = {"type": "object", "properties": properties, "required": required}
    answer = {"description": "As the verb prints it.", "content": {"application/json": {}}}
    return {
        "requestBody": {"content": {"multipart/form-data": {"schema": json.loads(json.dumps(schema))}}},
        "responses": {
            "200": answer,
            "202": {"description": "A job, where none waits for it."},
            "413": {"description": "Too large."},
            "422": {"description": "What was asked cannot be done, and why."},
            "429": {"description": "Too many wait; try again."},
        },
    }
