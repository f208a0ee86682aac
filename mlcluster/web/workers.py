"""Threads that each keep one child process, warm and ready, and end it when a job asks for too much."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from mlcluster.errors import MlclusterError
from mlcluster.runs import Outcome, Processes
from mlcluster.web.errand import Errand, carry_out
from mlcluster.web.job import ENDED, Job
from mlcluster.web.job_table import JobTable
from mlcluster.web.limits import Limits
from mlcluster.web.stages import STAGES, Lane

_LOOK_SECONDS = 0.1
_TAKE_SECONDS = 0.5
_AT_ONCE = 0.1
"""A process that ends within so many seconds of an errand had no time to be brought down by it."""


class Worker(threading.Thread):
    """One child process that works on the jobs of a table, one at a time.

    Parameters
    ----------
    table
        Where the jobs come from.
    lanes
        Which jobs, the first of them before the others.
    limits
        When a job is ended.
    """

    def __init__(self, table: JobTable, lanes: Sequence[Lane], limits: Limits) -> None:
        super().__init__(name=f"worker {'/'.join(lanes)}", daemon=True)
        self._table, self._lanes, self._limits = table, tuple(lanes), limits
        self._ending = threading.Event()
        self.warm = threading.Event()

    def end(self) -> None:
        """Ask it to end; its child process is killed, and the job under way stays in the journal."""
        self._ending.set()

    def run(self) -> None:
        """Work until asked to end."""
        with Processes(carry_out) as pool:
            self._warm_up(pool)
            while not self._ending.is_set():
                try:
                    job = self._table.take(self._lanes, _TAKE_SECONDS)
                    if job is None:
                        self._table.sweep()
                    elif not self._work(pool, job) and not self._ending.is_set():
                        self._warm_up(pool)
                except OSError as error:  # a full disk, say: one job is lost, the worker is not
                    logging.getLogger("mlcluster").error("the page's server cannot keep its jobs: %s", error)
                    time.sleep(_TAKE_SECONDS)

    def _warm_up(self, pool: Processes[Errand, dict[str, Any]]) -> None:
        """Start a process that imports and loads whatever jobs need, so that none of them waits for that."""
        self.warm.clear()
        pool.start(0, Errand(stage="warm"))
        while pool.under_way() and not self._ending.is_set():
            pool.wait(_LOOK_SECONDS)
        self.warm.set()

    def _work(self, pool: Processes[Errand, dict[str, Any]], job: Job) -> bool:
        """Carry out the present stage of a job; False if it cost the process."""
        limit = getattr(self._limits, STAGES[job.stages[job.stage]].limit)
        outcome = self._outcome(pool, job, limit)
        if outcome is not None and outcome.died and outcome.core_seconds < _AT_ONCE:
            # It had ended before, while it waited: that is no fault of this job.
            self._warm_up(pool)
            outcome = self._outcome(pool, job, limit)
        if outcome is None:
            pool.stop()
            if not self._ending.is_set():
                self._table.finish_stage(job, f"this took more than {limit:g} s and was ended.")
            return False
        stage = STAGES[job.stages[job.stage]]
        if outcome.died and stage.goes_on and self._table.try_again(job):
            return False
        self._table.finish_stage(job, _trouble(outcome))
        spent = outcome.value is not None and outcome.value["grown"] > self._limits.memory_bytes / 4
        if spent:
            pool.stop()
        return not (spent or outcome.died)

    def _outcome(
        self, pool: Processes[Errand, dict[str, Any]], job: Job, limit: float
    ) -> Outcome[dict[str, Any]] | None:
        """How the work ends; None if it has to be ended."""
        until = time.monotonic() + limit
        pool.start(1, Errand.of(job, self._limits))
        while (outcome := pool.wait(_LOOK_SECONDS)) is None:
            if job.state in ENDED or self._ending.is_set() or time.monotonic() > until:
                return None
        return outcome


def _trouble(outcome: Outcome[dict[str, Any]]) -> str | None:
    """What a client is told of work that gave nothing."""
    if outcome.died:
        return "the work on this ended its process: it may ask for more memory than there is, or be no sound file."
    if isinstance(outcome.error, MlclusterError):
        return str(outcome.error)
    if outcome.error is not None:
        return f"unexpected {type(outcome.error).__name__}; this is a fault of mlcluster."
    assert outcome.value is not None
    error: str | None = outcome.value["error"]
    return error
