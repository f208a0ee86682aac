"""Time, memory and thread settings of a benchmark; the standard library only, so that peers measure the same way."""

from __future__ import annotations

import ctypes
import ctypes.util
import time
from collections.abc import Callable
from pathlib import Path

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_freed_memory() -> None:
    """Let glibc keep what is freed: giving big arrays back to the system and taking them again costs page faults."""
    name = ctypes.util.find_library("c")
    if name and hasattr(ctypes.CDLL(name), "mallopt"):
        for option in (_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD):
            ctypes.CDLL(name).mallopt(option, 1 << 30)


def cpu_seconds(function: Callable[[], object]) -> float:
    """Processor time of one call."""
    start = time.process_time()
    function()
    return time.process_time() - start


def peak_growth(function: Callable[[], object]) -> float:
    """MB by which the peak of resident memory exceeds what the process held before the call (Linux)."""
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    function()
    return (_status("VmHWM") - before) / 1e3


def resident_mb() -> float:
    """MB of memory this process holds now (Linux)."""
    return _status("VmRSS") / 1e3


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))
