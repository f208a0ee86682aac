"""A store that goes away while a run goes on, played by a client that can be cut off."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from mlcluster.tracking import Run, RunStore
from mlcluster.tracking.client import Outage, StoreUnreachableError
from mlcluster.tracking.tracked_run import KEPT_FROM, KEPT_UNTIL
from mlcluster.tracking.unsent import LARGEST_BATCH, Unsent


class Cable:
    """A client whose connection can be cut."""

    def __init__(self, client: Any) -> None:
        self._client, self.uri, self.cut, self.batches = client, client.uri, False, 0
        self.outage = Outage(self.uri)

    def __getattr__(self, name: str) -> Any:
        if self.cut:
            raise StoreUnreachableError("cannot reach the tracking store.", found=self.uri)
        self.batches += name == "log_batch"
        return getattr(self._client, name)


@pytest.fixture
def connected(project: Path) -> tuple[RunStore, Run, Cable]:
    store = RunStore(project)
    cable = Cable(store.client)
    made = store.start("e", "n")
    return store, Run(cable, made.id, pending=store.directory / "pending", is_new=True), cable


def test_what_a_store_that_is_away_misses_arrives_once(
    connected: tuple[RunStore, Run, Cable], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run, cable = connected
    run.log_metrics([("loss", 1.0, 0)])
    cable.cut = True
    run.log_metrics([("loss", 0.5, step) for step in range(1, 4)])
    run.log_metrics([("loss", 0.25, step) for step in range(4, 7)])
    run.log_parameters({"seed": 1, "long": "x" * 300})
    run.log_json({"a": 1}, "deep/a.json")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.txt").write_text("b")
    run.log_file(tmp_path / "folder", "folder")
    (tmp_path / "folder" / "b.txt").unlink()
    run.set_tags({"model": "m"})
    run.finish()
    said = capsys.readouterr().err
    assert said.count("does not answer") == 1 and "runs sync sends the rest" in said
    kept = sorted((store.directory / "pending" / run.id).glob("*.json"))
    assert [json.loads(path.read_text())["kind"] for path in kept][:3] == ["tags", "metrics", "metrics"]

    twice = [path.read_text() for path in kept if "metrics" in path.read_text()]
    assert store.sync() == {run.id: True}
    assert not (store.directory / "pending" / run.id).exists() and store.sync() == {}
    again = store.find(run.id)
    steps = [(0, 1.0), (1, 0.5), (2, 0.5), (3, 0.5), (4, 0.25), (5, 0.25), (6, 0.25)]
    assert again.metric_steps("loss") == steps
    assert again.status == "FINISHED" and again.parameters()["seed"] == "1"
    assert again.read_json("deep/a.json") == {"a": 1} and again.files("folder") == ["folder/b.txt"]
    assert again.files("parameters") == ["parameters/long.txt"]
    assert again.tags().keys() >= {KEPT_FROM, KEPT_UNTIL, "model"}
    # Killed after sending and before forgetting: the same entries go out again.
    for number, text in enumerate(twice):
        place = store.directory / "pending" / run.id
        place.mkdir(exist_ok=True)
        (place / f"{number}.json").write_text(text)
    assert store.sync() == {run.id: True}
    assert again.metric_steps("loss") == steps


def test_a_store_that_comes_back_gets_the_rest_during_the_run(
    connected: tuple[RunStore, Run, Cable], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, run, cable = connected
    monkeypatch.setattr("mlcluster.tracking.client._SECONDS_BETWEEN_TRIALS", 0.0)
    cable.cut = True
    for step in range(50):
        run.log_metrics([("loss", float(step), step)])
    cable.cut, cable.batches = False, 0
    run.log_metrics([("loss", 50.0, 50)])
    assert cable.batches == 4, "tags, all metrics together, the end of the outage, the newest"
    assert store.find(run.id).metric_steps("loss") == [(step, float(step)) for step in range(51)]
    run.log_metrics([("loss", 51.0, 51)])
    run.finish()
    assert len(store.find(run.id).metric_steps("loss")) == 52
    assert "answers again and gets what it missed" in capsys.readouterr().err
    assert not (store.directory / "pending").exists() or not any((store.directory / "pending").iterdir())


@pytest.mark.parametrize(
    ("entries", "sent"),
    [
        ([LARGEST_BATCH], [1000]),
        ([LARGEST_BATCH + 1], [1000, 1]),
        ([2 * LARGEST_BATCH + 500], [1000, 1000, 500]),
        ([999, 1], [1000]),
        ([999, 2], [999, 2]),
        ([600, 400, 1, 999], [1000, 1000]),
    ],
)
def test_metrics_go_out_in_as_few_batches_as_the_store_takes(
    tmp_path: Path, entries: list[int], sent: list[int]
) -> None:
    class Counter:
        """A store that takes a thousand metrics at once, as MLflow does."""

        def __init__(self) -> None:
            self.sizes: list[int] = []

        def log_batch(self, run_id: str, metrics: list) -> None:
            assert len(metrics) <= 1000
            self.sizes.append(len(metrics))

    unsent, client, step = Unsent(tmp_path / "run", "store"), Counter(), 0
    for size in entries:
        unsent.keep({"kind": "metrics", "rows": [["loss", 0.5, step + k, 0] for k in range(size)]})
        step += size
    assert unsent.send(client, "run") == [] and client.sizes == sent
    assert unsent.waiting() == [] and LARGEST_BATCH == 1000


@pytest.mark.parametrize(
    ("error", "status"), [(None, "FINISHED"), (KeyboardInterrupt, "KILLED"), (ValueError, "FAILED")]
)
def test_a_run_is_closed_with_its_block(
    connected: tuple[RunStore, Run, Cable], error: type[BaseException] | None, status: str
) -> None:
    store, run, _ = connected
    child = run.child("one")
    with pytest.raises(error) if error else contextlib.nullcontext(), run as opened:
        assert opened is run
        if error is not None:
            raise error
        child.finish()
    assert (store.find(run.id).status, store.find(child.id).status) == (status, status)


def test_what_a_store_refuses_is_said_and_does_not_block_the_rest(
    connected: tuple[RunStore, Run, Cable], capsys: pytest.CaptureFixture[str]
) -> None:
    store, run, cable = connected
    run.log_parameters({"seed": 1})
    cable.cut = True
    run.log_parameters({"seed": 2})
    run.log_metrics([("loss", 1.0, 0)])
    cable.cut = False
    run.finish()
    assert "refused an entry" in capsys.readouterr().err
    again = store.find(run.id)
    assert (again.parameters(), again.metrics(), again.status) == ({"seed": "1"}, {"loss": 1.0}, "FINISHED")
    assert len(list((store.directory / "pending" / run.id).glob("*.refused"))) == 1
    assert store.sync() == {}


def test_a_run_cares_for_its_children(
    connected: tuple[RunStore, Run, Cable], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, run, cable = connected
    one, other = run.child("one"), run.child("other")
    cable.cut = True
    for child in (one, other):
        child.log_metrics([("loss", 1.0, 0)])
    one.finish()
    assert capsys.readouterr().err.count("\n") == 1, "said once for all runs of a store"
    cable.cut = False
    run.finish("KILLED")
    again = store.find(run.id).children()
    assert {name: child.status for name, child in again.items()} == {"one": "FINISHED", "other": "KILLED"}
    assert all(child.metrics() == {"loss": 1.0} for child in again.values()) and store.sync() == {}


def test_entries_go_to_the_store_they_are_meant_for(connected: tuple[RunStore, Run, Cable], project: Path) -> None:
    store, run, cable = connected
    cable.uri, cable.cut = "http://127.0.0.1:1", True
    away = Run(cable, run.id, pending=store.directory / "pending", is_new=True)
    away.log_metrics([("loss", 1.0, 0)])
    assert store.sync() == {}
    assert store.find(run.id).metrics() == {}


def test_reading_from_a_store_that_is_away_is_refused_plainly(connected: tuple[RunStore, Run, Cable]) -> None:
    _, run, cable = connected
    cable.cut = True
    with pytest.raises(StoreUnreachableError, match="cannot reach the tracking store"):
        run.metrics()
    with pytest.raises(FileNotFoundError):
        run.log_file(Path("no such file"))
