"""What a child process is told, and how it carries it out: within its memory, away from every path but its own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from mlcluster.errors import MlclusterError, said
from mlcluster.report.json_document import to_json
from mlcluster.runs import write_whole
from mlcluster.web.job import Job
from mlcluster.web.job_table import UPLOADS
from mlcluster.web.limits import Limits
from mlcluster.web.stages import STAGES


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One stage of one job.

    Parameters
    ----------
    stage
        Which, a name in `mlcluster.web.stages.STAGES`.
    folder
        Of the job; the uploads lie in a folder of their own below it.
    result
        File for what the stage gives.
    files
        Names of the uploads.
    options
        What the client said.
    memory
        Bytes it may take beside what the process holds; 0 for any.
    max_seconds
        Largest estimate of a calculation that is made.
    file_bytes
        Largest structure file.
    """

    stage: str
    folder: Path | None = None
    result: Path | None = None
    files: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    memory: int = 0
    max_seconds: float = 0.0
    file_bytes: int = 0

    @classmethod
    def of(cls, job: Job, limits: Limits) -> Errand:
        """The present stage of a job."""
        return cls(
            stage=job.stages[job.stage],
            folder=job.folder.resolve(),
            result=job.result_file(job.stage).resolve(),
            files=job.files,
            options=job.options,
            memory=limits.memory_bytes,
            max_seconds=limits.max_seconds,
            file_bytes=limits.file_bytes,
        )


def carry_out(errand: Errand) -> dict[str, Any]:
    """Do it and write what it gives; the parent hears of what went wrong, and by how many bytes the process has grown.

    The working directory is that of the uploads, so that a file is named in every answer as its owner called it.
    """
    module, name = STAGES[errand.stage].function.split(".")
    function = getattr(import_module(f"mlcluster.web.{module}"), name)
    error = None
    with _within(errand):
        try:
            value = function(errand)
            if errand.result is not None:
                write_whole(errand.result, to_json(value), durable=False)
        except MlclusterError as wrong:
            error = str(wrong)
        except MemoryError:
            error = f"this asks for more than {errand.memory / 1e9:.3g} GB of memory and was ended."
        except Exception as wrong:  # whatever a hostile file brings a parser to raise
            error = said(wrong)
    if error is not None and errand.folder is not None:
        error = error.replace(f"{errand.folder / UPLOADS}{os.sep}", "").replace(str(errand.folder), "")
    return {"error": error, "grown": max(0, _resident() - _FIRST.setdefault("resident", _resident()))}


_FIRST: dict[str, int] = {}
"""Memory that the process held after its first errand, in which everything is loaded."""


@contextlib.contextmanager
def _within(errand: Errand) -> Iterator[None]:
    """Hold the process to its memory and to the folder of the uploads."""
    before = Path.cwd()
    limited = _limited(errand.memory)
    if errand.folder is not None:
        os.chdir(errand.folder / UPLOADS)
    try:
        with limited:
            yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _limited(memory: int) -> Iterator[None]:
    """Let allocations beyond so many further bytes fail, where the system can do that."""
    if not memory or not sys.platform.startswith("linux"):
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _pages(0) + memory
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _resident() -> int:
    return _pages(1) if sys.platform.startswith("linux") else 0


def _pages(field_number: int) -> int:
    """Bytes of a field of ``/proc/self/statm``: 0 address space, 1 resident."""
    return int(Path("/proc/self/statm").read_text().split()[field_number]) * os.sysconf("SC_PAGE_SIZE")
