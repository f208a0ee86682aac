"""The queue: fair between clients, full at some point, and the same after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcluster.web.job import Job, RefusedError, State
from mlcluster.web.job_table import UPLOADS, JobTable
from mlcluster.web.limits import Limits
from mlcluster.web.stages import Lane

LIMITS = Limits(waiting=6, waiting_each=4)
SHORT, LONG = (Lane.short,), (Lane.long,)


def uploaded(table: JobTable, client: str = "a", *stages: str) -> Job:
    made = table.new_folder()
    (made[1] / UPLOADS / "x.cif").write_bytes(b"data_")
    return table.add(client, stages or ("structure", "calculation"), made=made, files=["x.cif"], options={"charge": -1})


def test_clients_take_turns(tmp_path: Path) -> None:
    table = JobTable(tmp_path, LIMITS)
    of_a = [table.add("a", ["formula"]) for _ in range(3)]
    of_b = [table.add("b", ["formula"]) for _ in range(2)]
    taken = [table.take(SHORT, 0) for _ in range(5)]
    assert taken == [of_a[0], of_b[0], of_a[1], of_b[1], of_a[2]]
    assert table.take(SHORT, 0) is None


@given(st.lists(st.sampled_from("abc"), max_size=12))
def test_nobody_waits_for_more_than_one_job_of_each_other(
    tmp_path_factory: pytest.TempPathFactory, order: list[str]
) -> None:
    table = JobTable(tmp_path_factory.mktemp("fair"), Limits())
    for client in order:
        table.add(client, ["formula"], kept=False)
    taken = [job.client for job in iter(lambda: table.take(SHORT, 0), None)]
    assert sorted(taken) == sorted(order)
    for client in set(order):
        places = [place for place, one in enumerate(taken) if one == client]
        between = [taken[a + 1 : b] for a, b in zip(places, places[1:], strict=False)]
        assert all(len(set(others)) == len(others) for others in between)


def test_lanes_are_apart_and_the_first_named_comes_first(tmp_path: Path) -> None:
    table = JobTable(tmp_path, LIMITS)
    slow, quick = table.add("a", ["predict"]), table.add("a", ["formula"])
    assert table.take((Lane.short, Lane.long), 0) is quick
    assert table.take(SHORT, 0) is None
    assert table.take((Lane.short, Lane.long), 0) is slow


def test_too_many_are_refused_and_leave_nothing(tmp_path: Path) -> None:
    table = JobTable(tmp_path, LIMITS)
    for _ in range(4):
        uploaded(table, "a")
    with pytest.raises(RefusedError, match="enough to do"):
        uploaded(table, "a")
    uploaded(table, "b")
    uploaded(table, "b")
    with pytest.raises(RefusedError):
        table.check_room("c")
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 6
    table.take(SHORT, 0)
    table.check_room("c")


def test_stages_follow_each_other_and_uploads_go_at_the_end(tmp_path: Path) -> None:
    table = JobTable(tmp_path, LIMITS)
    job = uploaded(table)
    assert table.take(SHORT, 0) is job and job.state is State.running
    table.finish_stage(job, None)
    assert (job.state, job.stage, table.take(SHORT, 0)) == (State.waiting, 1, None)
    assert (job.folder / UPLOADS / "x.cif").is_file()
    assert table.take(LONG, 0) is job
    table.finish_stage(job, None)
    assert job.state is State.done and job.future.done()
    assert not (job.folder / UPLOADS).exists()


@pytest.mark.parametrize("began", [False, True])
def test_cancelled_wherever_it_stands(tmp_path: Path, began: bool) -> None:
    table = JobTable(tmp_path, LIMITS)
    job = uploaded(table)
    if began:
        table.take(SHORT, 0)
    table.cancel(job)
    table.finish_stage(job, None)
    assert job.state is State.cancelled and table.take(SHORT, 0) is None
    assert not (job.folder / UPLOADS).exists()
    table.cancel(job)


def test_after_a_kill_everything_that_had_not_ended_waits_again(tmp_path: Path) -> None:
    table = JobTable(tmp_path, LIMITS)
    done, failed, second, running, waiting = [uploaded(table, client) for client in "abcde"]
    gone = table.add("f", ["formula"], kept=False)
    for job in (done, failed, second, running):
        assert table.take(SHORT, 0) is job
    table.finish_stage(done, None)
    table.take(LONG, 0)
    done.result_file(1).write_text("[]")
    table.finish_stage(done, None)
    table.finish_stage(failed, "no structure.")
    table.finish_stage(second, None)

    after = JobTable(tmp_path, LIMITS)
    assert after.get(done.id).state is State.done and after.get(done.id).result_file(1).read_text() == "[]"
    assert (after.get(failed.id).state, after.get(failed.id).error) == (State.failed, "no structure.")
    assert [after.take(SHORT, 0).id, after.take(SHORT, 0).id] == [running.id, waiting.id]  # type: ignore[union-attr]
    again = after.take(LONG, 0)
    assert again is not None
    assert (again.id, again.stage, again.options, list(again.files)) == (second.id, 1, {"charge": -1}, ["x.cif"])
    assert (again.folder / UPLOADS / "x.cif").read_bytes() == b"data_"
    with pytest.raises(RefusedError):
        after.get(gone.id)
    assert not gone.folder.exists()


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    first = uploaded(JobTable(tmp_path, LIMITS))
    with open(tmp_path / "jobs.jsonl", "ab") as file:
        file.write(b'{"job": "abc", "cli')
    table = JobTable(tmp_path, LIMITS)
    assert table.take(SHORT, 0).id == first.id  # type: ignore[union-attr]
    uploaded(table)
    rows = [json.loads(line) for line in (tmp_path / "jobs.jsonl").read_text().splitlines()]
    assert len(rows) >= 3


def test_a_job_that_ends_the_server_is_given_up(tmp_path: Path) -> None:
    name = uploaded(JobTable(tmp_path, LIMITS)).id
    for _ in range(3):
        assert JobTable(tmp_path, LIMITS).take(SHORT, 0).id == name  # type: ignore[union-attr]
    table = JobTable(tmp_path, LIMITS)
    assert table.take(SHORT, 0) is None
    assert table.get(name).state is State.failed and "3 times" in table.get(name).error


def test_work_that_goes_on_is_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    table = JobTable(tmp_path, Limits())
    job = table.add("one", ["screen"])
    again = []
    for _ in range(3):
        assert table.take([Lane.long], 0) is job
        again.append(table.try_again(job))
    assert again == [True, True, False] and table.take([Lane.long], 0) is None
    table.finish_stage(job, "it is enough.")
    assert job.state == "failed" and not table.try_again(job)


def test_old_results_are_forgotten(tmp_path: Path) -> None:
    table = JobTable(tmp_path, Limits(keep_seconds=100.0))
    old, young = uploaded(table), uploaded(table)
    for job in (old, young):
        table.cancel(job)
    assert old.ended is not None
    old.ended -= 101.0
    table.sweep()
    assert not old.folder.exists() and young.folder.exists()
    assert [job.id for job in table.of("a")] == [young.id]
    assert [job.id for job in JobTable(tmp_path, Limits()).of("a")] == [young.id]
