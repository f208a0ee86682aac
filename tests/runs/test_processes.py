"""Child processes: every item comes back once, whoever dies, and none outlives its parent."""

from __future__ import annotations

import math
import operator
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from mlcluster.errors import DataError
from mlcluster.runs import ProcessDied, Processes, last_lines, one_thread_environment, spread, usable_cores


class StubbornError(Exception):
    """An error that cannot be made again from its message."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def refuse(kind: str) -> None:
    """Raise, after some words."""
    print("some words", flush=True)
    if kind == "ours":
        raise DataError("a row is wrong.", site="row 3", hint="Mend it.")
    raise StubbornError("cannot ", "travel")


def work(seconds: float) -> str:
    """Use so much of the processor; ended in order, say so and take a moment more."""
    print("begins", flush=True)
    until = time.process_time() + seconds
    try:
        while time.process_time() < until:
            sum(range(1000))
    except KeyboardInterrupt:
        print("ends in order", flush=True)
        raise
    return "done"


def deaf(seconds: float) -> None:
    """Work that does not listen."""
    print("begins", flush=True)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            time.sleep(seconds)
        except KeyboardInterrupt:
            print("not yet", flush=True)


def half_an_answer(code: int) -> None:
    """End in the middle of a message to the parent."""
    os.write(int(sys.argv[1]), struct.pack("!i", 100) + b"half")
    os._exit(code)


def say(word: str) -> int:
    """Print a word; the process that did."""
    os.system(f"echo {word}")
    return os.getpid()


@pytest.mark.parametrize("processes", [1, 3])
def test_every_item_comes_back_once(processes: int) -> None:
    results = dict(spread(math.sqrt, [4.0, 9.0, 16.0, 25.0], processes))
    assert results == {0: 2.0, 1: 3.0, 2: 4.0, 3: 5.0}


def test_nothing_to_do_starts_nothing() -> None:
    assert list(spread(math.sqrt, [], 2)) == []


def test_items_are_taken_when_a_process_is_free() -> None:
    taken = []

    def items():
        for number in range(5):
            taken.append(number)
            yield float(number)

    results = spread(math.sqrt, items(), 1)
    next(results)
    assert taken == [0, 1], "one is under way"
    results.close()


def test_a_process_that_dies_costs_only_its_item() -> None:
    items = [partial(math.sqrt, 4.0), partial(os._exit, 3), partial(os.kill, 0, 0), partial(os.abort), partial(int, 9)]
    results = dict(spread(operator.call, items, 1))
    assert results == {0: 2.0, 1: ProcessDied(3), 2: None, 3: ProcessDied(-signal.SIGABRT), 4: 9}
    assert dict(spread(operator.call, [partial(os._exit, 0)], 1)) == {0: ProcessDied(1)}, "no answer is no success"
    assert dict(spread(half_an_answer, [5], 1)) == {0: ProcessDied(5)}


def test_a_worker_that_is_killed_is_replaced() -> None:
    with Processes(work) as pool:
        before = _children(os.getpid())
        pool.start(0, 60.0)
        (child,) = _children(os.getpid()) - before
        os.kill(child, signal.SIGKILL)
        outcome = pool.wait()
        assert outcome is not None and outcome.died and outcome.exit_code == -signal.SIGKILL
        pool.start(1, 0.0)
        outcome = pool.wait()
        assert outcome is not None and outcome.value == "done" and not outcome.died


def test_an_exception_reaches_the_caller_and_ends_the_work(capfd: pytest.CaptureFixture[str]) -> None:
    before = _children(os.getpid())
    with pytest.raises(ValueError, match="math domain"):
        list(spread(math.sqrt, [-1.0], 1))
    with pytest.raises(DataError, match="row 3: a row is wrong. Mend it."):
        list(spread(refuse, ["ours"], 1))
    with pytest.raises(RuntimeError, match="StubbornError: cannot travel"):
        list(spread(refuse, ["other"], 1))
    assert _children(os.getpid()) <= before
    out, err = capfd.readouterr()
    assert out == "" and "Traceback" not in err, "what children print is not part of the result"


def test_processes_use_one_thread_and_leave_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert dict(spread(os.getenv, ["OMP_NUM_THREADS", "MKL_NUM_THREADS"], 1)) == {0: "1", 1: "1"}
    assert (os.environ["OMP_NUM_THREADS"], os.environ.get("MKL_NUM_THREADS")) == ("7", None)
    assert one_thread_environment()["NUMBA_NUM_THREADS"] == "1"


def test_each_item_has_its_log_though_processes_are_reused(tmp_path: Path) -> None:
    results = dict(spread(say, ["one", "two"], 1, log=lambda k: tmp_path / f"fold {k}" / "log"))
    assert results[0] == results[1] != os.getpid()
    assert [last_lines(tmp_path / f"fold {k}" / "log") for k in range(2)] == ["one", "two"]
    with pytest.raises(DataError):
        list(spread(refuse, ["ours"], 1, log=lambda _: tmp_path / "refused.log"))
    assert "some words\nTraceback" in last_lines(tmp_path / "refused.log")


def test_the_end_of_a_log(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\nb\xff\nc\n")
    assert last_lines(tmp_path / "log", 2) == "b\ufffd\nc"
    assert last_lines(tmp_path / "none") == ""


def test_a_caller_that_waits_can_look_around(tmp_path: Path) -> None:
    looks = []
    assert dict(spread(work, [0.7], 1, on_wait=lambda: looks.append(1))) == {0: "done"}
    assert len(looks) >= 2


def test_jobs_of_their_own_processes_tell_what_they_took(tmp_path: Path) -> None:
    before = _children(os.getpid())
    with Processes(work, reuse=False, patience=5.0) as jobs:
        assert jobs.wait(0.0) is None, "nothing is under way"
        jobs.start(7, 0.3, tmp_path / "log")
        assert list(jobs.under_way()) == [7] and jobs.wait(0.0) is None
        outcome = jobs.wait()
        assert outcome is not None
        assert (outcome.index, outcome.value, outcome.exit_code, outcome.log) == (7, "done", 0, tmp_path / "log")
        assert outcome.core_seconds >= 0.25
    with Processes(say, reuse=False) as jobs:
        processes = set()
        for number in range(2):
            jobs.start(number, "word", tmp_path / "log")
            outcome = jobs.wait()
            processes.add(outcome and outcome.value)
        assert len(processes) == 2, "a process of its own each"
    assert _children(os.getpid()) <= before


@pytest.mark.parametrize(
    ("function", "patience", "word", "code"),
    [(work, 30.0, "ends in order", 1), (deaf, 0.5, "not yet", -signal.SIGKILL)],
)
def test_stopped_in_order_or_killed_after_patience(
    tmp_path: Path, function: Callable, patience: float, word: str, code: int
) -> None:
    before = _children(os.getpid())
    jobs = Processes(function, reuse=False, patience=patience)
    log = tmp_path / "log"
    jobs.start(0, 60.0, log)
    _wait_until(lambda: "begins" in last_lines(log))
    (outcome,) = jobs.stop()
    assert outcome.exit_code == code and word in last_lines(log)
    assert isinstance(outcome.error, KeyboardInterrupt) == (code == 1)
    assert outcome.core_seconds >= 0.0 and jobs.under_way() == {} and _children(os.getpid()) <= before
    assert jobs.stop() == []


@pytest.mark.parametrize(("patience", "ended"), [(0.0, signal.SIGKILL), (9.0, signal.SIGKILL), (9.0, signal.SIGINT)])
def test_children_end_with_a_parent_that_is_ended(tmp_path: Path, patience: float, ended: signal.Signals) -> None:
    script = tmp_path / "script.py"  # without a guard: a child must not run the caller's script again
    script.write_text(
        "from pathlib import Path\nfrom mlcluster.runs import Processes\nfrom tests.runs.test_processes import work\n"
        f"with Processes(work, patience={patience}) as jobs:\n"
        f"    jobs.start(0, 60.0, Path({str(tmp_path / 'log')!r}))\n    jobs.wait()\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], env=one_thread_environment(), stderr=subprocess.DEVNULL)
    _wait_until(lambda: "begins" in last_lines(tmp_path / "log"))
    children = _children(process.pid)
    process.send_signal(ended)
    process.wait()
    assert children
    _wait_until(lambda: not any(_runs(child) for child in children))
    assert ("ends in order" in last_lines(tmp_path / "log")) == bool(patience)


def test_cores() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def _children(pid: int) -> set[int]:
    """Children of a process; in one that ran other tests before, some may be of those."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def own_number(_: int) -> int:
    """Number of the process that does this."""
    return os.getpid()


def test_work_in_rounds_keeps_its_processes() -> None:
    with Processes(own_number) as pool:
        rounds = [dict(spread(own_number, range(3), 1, pool=pool)) for _ in range(2)]
    assert rounds[0].keys() == rounds[1].keys() == {0, 1, 2}
    assert len({number for found in rounds for number in found.values()}) == 1
