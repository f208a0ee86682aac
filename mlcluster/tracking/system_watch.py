"""What a run takes of its machine, under the names that MLflow's page for system metrics shows."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

SECONDS_BETWEEN = 10.0
"""As MLflow's own monitor looks."""


class SystemWatch:
    """Looks, now and then, at the memory and processor time of this process and those it started.

    It needs psutil, and says nothing without. MLflow's own monitor would be a thread that writes to a store which may
    be away.
    """

    def __init__(self) -> None:
        self._step, self._next, self._before = 0, time.monotonic(), (time.monotonic(), 0.0)
        try:
            import psutil
        except ImportError:
            self._psutil: Any = None
        else:
            self._psutil = psutil

    def look(self) -> Iterator[tuple[str, float, int]]:
        """Rows of a run's metrics; none if the last ones are younger than `SECONDS_BETWEEN`."""
        now = time.monotonic()
        if self._psutil is None or now < self._next:
            return
        self._next = now + SECONDS_BETWEEN
        seconds, memory = self._of_family()
        then, spent = self._before
        self._before = (now, seconds)
        yield "system/process_memory_usage_megabytes", memory / 1e6, self._step
        yield "system/system_memory_usage_percentage", self._psutil.virtual_memory().percent, self._step
        if self._step and now > then:
            cores = self._psutil.cpu_count() or 1
            # A process that has ended takes its time with it.
            used = max(0.0, seconds - spent) / (now - then) / cores
            yield "system/process_cpu_utilization_percentage", 100 * used, self._step
        self._step += 1

    def _of_family(self) -> tuple[float, float]:
        own = self._psutil.Process()
        seconds = memory = 0.0
        for process in (own, *own.children(recursive=True)):
            with contextlib.suppress(self._psutil.Error):
                times = process.cpu_times()
                seconds += times.user + times.system
                memory += process.memory_info().rss
        return seconds, memory
