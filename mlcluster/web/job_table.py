"""The jobs of a server: a queue that is fair between clients, kept on disk, and what has become of each job."""

from __future__ import annotations

import json
import secrets
import shutil
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.runs import Journal, write_whole
from mlcluster.web.job import ENDED, Job, RefusedError, State
from mlcluster.web.limits import Limits
from mlcluster.web.stages import Lane

UPLOADS = "uploads"
"""Folder of a job that holds what was sent; it goes when the job ends."""
_TRIES = 3
"""After so many servers or processes that ended while they worked on a job, it is not tried again."""


class JobTable:
    """Jobs in their order; safe to be used from several threads.

    Of each lane the clients take turns, and of one client the oldest job comes first. A job is in the journal before
    its client is told of it: a server that was killed goes on with every job that had not ended, stage by stage.

    Parameters
    ----------
    directory
        Where journal and jobs lie; one server at a time has it.
    limits
        How many may wait.
    """

    def __init__(self, directory: Path, limits: Limits) -> None:
        self.directory, self.limits = directory, limits
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._queues: dict[Lane, OrderedDict[str, deque[Job]]] = {lane: OrderedDict() for lane in Lane}
        self._closed = False
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._journal = Journal(directory / "jobs.jsonl")
        with self._changed:
            self._restore()

    def new_folder(self) -> tuple[str, Path]:
        """Id and empty folder of a job to come."""
        name = secrets.token_urlsafe(16)
        folder = self.directory / name
        (folder / UPLOADS).mkdir(parents=True, mode=0o700)
        return name, folder

    def add(
        self,
        client: str,
        stages: Sequence[str],
        *,
        made: tuple[str, Path] | None = None,
        files: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
        kept: bool = True,
    ) -> Job:
        """Put a job at the end of its client's queue.

        Parameters
        ----------
        made
            Id and folder, where they have been made for the uploads.
        client, stages, files, options, kept
            As of `Job`.

        Raises
        ------
        RefusedError
            If too many wait; the folder is gone then.
        """
        name, folder = made or self.new_folder()
        job = Job(
            id=name,
            client=client,
            stages=tuple(stages),
            folder=folder,
            files=tuple(files),
            options=dict(options or {}),
            kept=kept,
        )
        with self._changed:
            try:
                self.check_room(client)
            except RefusedError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            if kept:
                self._journal.append(job.records()[0])
            self._jobs[job.id] = job
            self._enqueue(job)
        return job

    def check_room(self, client: str) -> None:
        """Refuse a client as `add` would, before its files are taken.

        Raises
        ------
        RefusedError
            If too many jobs wait.
        """
        with self._changed:
            waiting = {
                name: sum(len(queue.get(name, ())) for queue in self._queues.values())
                for name in {name for queue in self._queues.values() for name in queue} | {client}
            }
            if sum(waiting.values()) >= self.limits.waiting or waiting[client] >= self.limits.waiting_each:
                raise RefusedError(
                    "the server has enough to do.",
                    found=f"{sum(waiting.values())} jobs waiting",
                    hint="Try again soon.",
                )

    def take(self, lanes: Sequence[Lane], seconds: float) -> Job | None:
        """The next job of the first of these lanes that has one, now running; None if none comes within that time."""
        with self._changed:
            until = time.monotonic() + seconds
            while True:
                job = next(filter(None, map(self._next, lanes)), None)
                left = until - time.monotonic()
                if job is not None or self._closed or left <= 0:
                    break
                self._changed.wait(left)
            if job is not None:
                job.state = State.running
                job.began = job.began or time.time()
                job.tries += 1
                if job.kept:
                    self._journal.append({"job": job.id, "tries": job.tries})
            return job

    def finish_stage(self, job: Job, error: str | None) -> None:
        """A stage has ended, well or with an error: the next one waits its turn, or the job has ended."""
        with self._changed:
            if job.state in ENDED:
                return
            if error is not None:
                self._end(job, State.failed, error)
            elif job.stage + 1 < len(job.stages):
                job.stage, job.tries, job.state = job.stage + 1, 0, State.waiting
                if job.kept:
                    self._journal.append({"job": job.id, "stage": job.stage})
                self._enqueue(job)
            else:
                self._end(job, State.done)

    def try_again(self, job: Job) -> bool:
        """Put a job whose process has died back into its queue; False, and nothing done, after too many tries."""
        with self._changed:
            if job.state in ENDED or job.tries >= _TRIES:
                return False
            job.state = State.waiting
            self._enqueue(job)
            return True

    def cancel(self, job: Job) -> None:
        """End a job wherever it stands; whoever works on it sees its state."""
        with self._changed:
            for queue in self._queues[job.lane].values():
                if job in queue:
                    queue.remove(job)
            if job.state not in ENDED:
                self._end(job, State.cancelled, "cancelled.")

    def get(self, name: str) -> Job:
        """The job of an id.

        Raises
        ------
        RefusedError
            If there is none, or none any more.
        """
        with self._changed:
            job = self._jobs.get(name)
        if job is None:
            raise RefusedError("no such job, or it is too old.", found=name[:40])
        return job

    def of(self, client: str) -> list[Job]:
        """Jobs of a client, the newest first."""
        with self._changed:
            return [job for job in reversed(self._jobs.values()) if job.client == client and job.kept]

    def sweep(self) -> None:
        """Forget what ended long ago, with its results."""
        oldest = time.time() - self.limits.keep_seconds
        with self._changed:
            old = [job for job in self._jobs.values() if job.ended is not None and job.ended < oldest]
            for job in old:
                self._forget(job)
            if old and not any(job.kept for job in self._jobs.values()):
                self._journal.remove()

    def close(self) -> None:
        """Wake up whoever waits for a job: there will be none."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def release(self, job: Job) -> None:
        """Forget a job whose client has its result."""
        with self._changed:
            self._forget(job)

    def _forget(self, job: Job) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        self._jobs.pop(job.id, None)

    def _end(self, job: Job, state: State, error: str = "") -> None:
        job.state, job.error, job.ended = state, error, time.time()
        shutil.rmtree(job.folder / UPLOADS, ignore_errors=True)
        try:
            if job.kept:
                self._journal.append(job.records()[-1])
        finally:
            job.future.set_result(job)

    def _enqueue(self, job: Job) -> None:
        self._queues[job.lane].setdefault(job.client, deque()).append(job)
        self._changed.notify_all()

    def _next(self, lane: Lane) -> Job | None:
        """First job of the client whose turn it is, who then goes to the end of the row."""
        queues = self._queues[lane]
        for client in list(queues):
            queue = queues.pop(client)
            if queue:
                job = queue.popleft()
                if queue:
                    queues[client] = queue
                return job
        return None

    def _restore(self) -> None:
        """Jobs of a server that is gone: those that had not ended wait again, the results of others can be fetched."""
        for row in self._journal.rows():
            job = self._jobs.get(row["job"])
            if "stages" in row:
                facts = {key: row[key] for key in ("client", "stages", "files", "options")}
                self._jobs[row["job"]] = Job(id=row["job"], folder=self.directory / row["job"], **facts)
            elif job is not None and "stage" in row:
                job.stage, job.tries = row["stage"], 0
            elif job is not None and "tries" in row:
                job.tries = row["tries"]
            elif job is not None:
                job.state, job.error, job.ended = State(row["ended"]), row["error"], row["at"]
                job.future.set_result(job)
        self._jobs = {name: job for name, job in self._jobs.items() if job.folder.is_dir()}
        for folder in self.directory.iterdir():
            if folder.is_dir() and folder.name not in self._jobs:
                shutil.rmtree(folder, ignore_errors=True)
        rows = [row for job in self._jobs.values() for row in job.records()]
        write_whole(self._journal.path, "".join(json.dumps(row) + "\n" for row in rows))
        for job in list(self._jobs.values()):
            if job.state not in ENDED and job.tries >= _TRIES:
                self._end(job, State.failed, f"the server ended {job.tries} times while it worked on this.")
            elif job.state not in ENDED:
                self._enqueue(job)
