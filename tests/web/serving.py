"""A server of the page in a thread of the tests, and a client that says exactly what it is told."""

from __future__ import annotations

import http.client
import json
import secrets
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from mlcluster.web.app import create_app
from mlcluster.web.guard import allowed_hosts
from mlcluster.web.limits import Limits
from mlcluster.web.serve import configured

ALONE = Limits(jobs=0)
"""One process does everything: it takes seconds to start one."""


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


@dataclass
class Client:
    """Asks a server; `cookie` makes it one user among several."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=300)
        try:
            connection.request(method, path, body, {**self.headers, **(headers or {})})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())
        finally:
            connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, files: Sequence[tuple[str, bytes]] = (), **texts: Any) -> Answer:
        """As a form of a page or ``curl -F`` sends it."""
        kind, body = multipart(files, texts)
        return self.ask("POST", path, body, {"content-type": kind})

    def follow(self, path: str, files: Sequence[tuple[str, bytes]] = (), **texts: Any) -> dict[str, Any]:
        """The job of a request, when it has ended."""
        answer = self.post(path, files, **texts)
        assert answer.status == 202, answer.content
        return self.ended(answer.json["job"])

    def ended(self, job: str, seconds: float = 300.0) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while True:
            told = self.get(f"/api/jobs/{job}").json
            if told["state"] not in ("waiting", "running"):
                return dict(told)
            assert time.monotonic() < until, told
            time.sleep(0.05)


def multipart(files: Sequence[tuple[str, bytes]], texts: Mapping[str, Any]) -> tuple[str, bytes]:
    """Content type and body of a form."""
    boundary = secrets.token_hex(12)
    parts = []
    for name, value in texts.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{one}'.encode())
    for name, content in files:
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'Content-Disposition: form-data; name="file"; filename="{quoted}"\r\nContent-Type: text/plain\r\n\r\n'
        parts.append(head.encode("utf-8", "surrogateescape") + content)
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return f"multipart/form-data; boundary={boundary}", body + b"--" + boundary.encode() + b"--\r\n"


@contextmanager
def serving(
    directory: Path,
    *,
    token: str | None = None,
    limits: Limits = ALONE,
    works: bool = True,
    project: Path | None = None,
) -> Iterator[tuple[Client, FastAPI]]:
    """A server with its files in a directory; without `works` nothing is carried out and no process is started."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = create_app(directory, hosts=allowed_hosts("127.0.0.1", port), token=token, limits=limits, project=project)
    server = uvicorn.Server(configured(app, lifespan="on" if works else "off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield Client(port), app
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
