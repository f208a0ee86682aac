"""Journal, whole files, locks, hashes and bars: what is finished stays, whatever ends its writer."""

from __future__ import annotations

import hashlib
import io
import json
import math
import multiprocessing
import random
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mlcluster.errors import DataError
from mlcluster.runs import (
    Journal,
    ProgressBars,
    content_hash,
    held,
    progress_bars,
    remove_unfinished,
    replaced,
    replaced_directory,
)
from mlcluster.runs import write_whole as write

# Journal


def test_a_torn_last_line_is_absent_and_cut_off_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "results.jsonl"
    assert Journal(path).rows() == []
    Journal(path).append({"entry": "a"})
    whole = path.read_bytes()
    for torn in (b'{"entry": "b", "gap', b"\xff\xfe", '{"entry": "ä'.encode()[:-1]):
        path.write_bytes(whole + torn)
        assert Journal(path).rows() == [{"entry": "a"}]
    journal = Journal(path)
    journal.append({"entry": "c"})
    journal.append({"entry": "d"})
    assert [row["entry"] for row in journal.rows()] == ["a", "c", "d"]
    journal.remove()
    assert journal.rows() == [] and not path.exists()
    journal.remove()


def test_a_line_that_is_no_object_is_damaged_as_well(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\n[1]\n')
    with pytest.raises(DataError, match="line 2.*damaged"):
        Journal(tmp_path / "rows.jsonl").rows()


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "results.jsonl").write_text('{"entry": "a"}\n{"entry": \n')
    with pytest.raises(DataError, match="line 2"):
        Journal(tmp_path / "results.jsonl").rows()


@given(values=st.lists(st.floats(), max_size=4))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("journal") / "rows.jsonl"
    Journal(path, finite=False).append({"values": values})
    ((row),) = Journal(path).rows()
    assert np.array(row["values"]).tobytes() == np.array([math.nan if v != v else v for v in values]).tobytes()
    strict = Journal(path)
    if not all(map(math.isfinite, values)):
        with pytest.raises(ValueError, match="not JSON compliant"):
            strict.append({"values": values})
    assert len(strict.rows()) == 1


def _write_rows(path: Path) -> None:
    for number in range(100_000):
        Journal(path).append({"number": number, "text": "ab" * 5000})


def test_a_writer_killed_at_any_moment_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    path, context = tmp_path / "rows.jsonl", multiprocessing.get_context("fork")
    before: list[dict] = []
    for _ in range(4):
        _kill_amid(context.Process(target=_write_rows, args=(path,)), lambda: path.is_file())
        rows = Journal(path).rows()
        assert rows[: len(before)] == before and all(len(row["text"]) == 10_000 for row in rows)
        before = rows


# Whole files


def _rewrite(path: Path) -> None:
    for number in range(100_000):
        write(path, str(number % 10) * 200_000)


def test_a_file_is_the_former_or_the_new_one_at_any_moment(tmp_path: Path) -> None:
    path, context = tmp_path / "new" / "file.txt", multiprocessing.get_context("fork")
    for _ in range(4):
        _kill_amid(context.Process(target=_rewrite, args=(path,)), lambda: path.is_file())
        content = path.read_text()
        assert len(content) == 200_000 and len(set(content)) == 1
    write(path, b"bytes\r\n", durable=False)
    assert path.read_bytes() == b"bytes\r\n"
    remove_unfinished(path.parent)
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_former_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, "former\n")
    with pytest.raises(ZeroDivisionError), replaced(path) as unfinished:
        unfinished.write_text("half")
        assert unfinished.name.startswith(".") and unfinished not in tmp_path.glob("*.parquet")
        raise ZeroDivisionError
    assert path.read_text() == "former\n" and list(tmp_path.iterdir()) == [path]
    (tmp_path / ".hidden").write_text("of somebody else")
    (tmp_path / ".table.parquet.0123.partial").write_text("of a killed writer")
    remove_unfinished(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"table.parquet", ".hidden"}


def _hold(file: Path) -> None:
    with held(file) as is_mine:
        write(file.with_name("holds"), str(is_mine))
        time.sleep(60)


def test_one_holder_at_a_time_and_none_after_its_end(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "lock"
    with held(file) as first, held(file) as second:
        assert (first, second) == (True, False)
    with held(file) as again:
        assert again
    process = multiprocessing.get_context("fork").Process(target=_hold, args=(file,))
    _kill_amid(process, lambda: file.with_name("holds").is_file(), lambda: _is_free(file) is False)
    assert file.with_name("holds").read_text() == "True" and _is_free(file)


def _is_free(file: Path) -> bool:
    with held(file) as mine:
        return mine


def _kill_amid(process, begun, check=lambda: True) -> None:  # type: ignore[no-untyped-def]
    """Kill a process at some moment after it has begun."""
    process.start()
    until = time.monotonic() + 60
    while not begun():
        assert time.monotonic() < until
        time.sleep(0.001)
    assert check()
    time.sleep(random.random() * 0.05)
    process.kill()
    process.join()


# Hashes


def test_equal_content_has_one_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = hashlib.sha256(b"abc").hexdigest()
    for parts in (["abc"], [b"a", "bc"], [tmp_path / "a"], [iter(["a", iter([b"bc"])])], [np.frombuffer(b"abc", "S1")]):
        assert content_hash(*parts) == expected
    assert content_hash({"b": 1, "a": [None, 0.1]}) == hashlib.sha256(b'{"a": [null, 0.1], "b": 1}').hexdigest()
    array = np.arange(6.0).reshape(2, 3)
    assert content_hash(array.T) == content_hash(np.ascontiguousarray(array.T)) != content_hash(array)
    assert content_hash(["a", "b"]) == hashlib.sha256(json.dumps(["a", "b"]).encode()).hexdigest()
    with pytest.raises(OSError):
        content_hash(tmp_path / "absent")


# Bars


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(progress_bars.time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    with ProgressBars(Console(file=stream, width=200)) as bars:
        number = bars.add("screening [x]")
        for seconds, done in ((29.0, 30), (2.0, 40), (29.0, 50)):
            clock[0] += seconds
            bars.update(number, done, total=140, found=9, note="2 failed")
    assert stream.getvalue() == "screening [x]: 40 of 140, 1.0 per second, 2 failed, 1.7 min left\n"


def test_bars_that_stay_say_in_a_log_where_they_ended() -> None:
    stream = io.StringIO()
    with ProgressBars(Console(file=stream, width=200), stay=True, clock="passed") as bars:
        first, _ = bars.add("member 0", 50, "waiting"), bars.add("member 1", 50, "waiting")
        bars.update(first, 12, note="done, best epoch 9", ended=True)
    assert stream.getvalue() == "member 0: 12 of 12, done, best epoch 9\nmember 1: 0 of 50, waiting\n"


def test_bars_are_drawn_on_a_terminal() -> None:
    stream = io.StringIO()
    with ProgressBars(Console(file=stream, width=200, force_terminal=True), stay=True) as bars:
        number = bars.add("Comparing [1]", 3)
        bars.update(number, 3)
    assert "Comparing [1]" in stream.getvalue() and "3/3" in stream.getvalue()


def test_a_directory_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "model"
    for content in ("first", "second"):
        with replaced_directory(place) as unfinished:
            (unfinished / content).write_text(content)
        assert [file.name for file in place.iterdir()] == [content]
    with pytest.raises(ZeroDivisionError), replaced_directory(place) as unfinished:
        (unfinished / "third").write_text("half")
        raise ZeroDivisionError
    assert [file.name for file in place.iterdir()] == ["second"]
    assert [file.name for file in tmp_path.iterdir()] == ["model"], "nothing is left beside it"
