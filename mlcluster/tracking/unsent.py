"""What a run could not send while its store was away: one JSON file an entry, and copies of the files it logged.

Every entry can be sent again without harm: a metric carries the time it was logged at, and MLflow keeps a metric of the
same key, step, value and time once; parameters, tags and files are overwritten by themselves. So a sender may be killed
at any moment, and two may work on the same entries.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlcluster.runs import write_whole

Entry = dict[str, Any]

LARGEST_BATCH = 1000
"""Metrics that MLflow takes at once."""


class Unsent:
    """Entries of one run that wait to be sent, in the order they were made.

    Parameters
    ----------
    directory
        Of this run; made with the first entry.
    uri
        Store the entries are meant for.
    """

    def __init__(self, directory: Path, uri: str) -> None:
        self.directory, self.uri = directory, uri
        self._count = 0

    def keep(self, entry: Entry) -> None:
        """Keep an entry; a file it names is copied."""
        name = f"{time.time_ns():020d}-{os.getpid()}-{self._count}"
        self._count += 1
        self.directory.mkdir(parents=True, exist_ok=True)
        if entry["kind"] == "file":
            source = Path(entry["path"])
            copy = self.directory / "files" / name / source.name
            copy.parent.mkdir(parents=True)
            if source.is_dir():
                shutil.copytree(source, copy)
            else:
                shutil.copy2(source, copy)
            entry = entry | {"path": str(copy)}
        write_whole(self.directory / f"{name}.json", json.dumps(entry | {"store": self.uri}))

    def waiting(self) -> list[Path]:
        """Files of the entries that wait, oldest first."""
        return sorted(self.directory.glob("*.json"))

    def send(self, client: Any, run_id: str) -> list[str]:
        """Send all that waits and forget what was sent.

        Returns
        -------
        list[str]
            What the store refused, in its own words; such entries stay beside the others as ``*.refused``.

        Raises
        ------
        StoreUnreachableError
            If the store is away; what was not sent stays.
        """
        from mlflow.exceptions import MlflowException

        refused = []
        for files, entry in _joined(self.waiting()):
            try:
                apply(client, run_id, entry)
            except MlflowException as error:
                refused.append(str(error))
                for file in files:
                    os.replace(file, file.with_suffix(".refused"))
                continue
            for file in files:
                file.unlink(missing_ok=True)
                shutil.rmtree(self.directory / "files" / file.stem, ignore_errors=True)
        for emptied in (self.directory / "files", self.directory):
            with contextlib.suppress(OSError):  # not empty, as an entry was refused or has just been added
                emptied.rmdir()
        return refused


def runs_with_unsent(directory: Path, uri: str) -> list[str]:
    """Runs of a store that have entries waiting below `directory`."""
    waiting = []
    for place in sorted(path for path in directory.glob("*") if path.is_dir()):
        first = min(place.glob("*.json"), default=None)
        if first is not None and json.loads(first.read_text(encoding="utf-8"))["store"] == uri:
            waiting.append(place.name)
    return waiting


def _joined(files: list[Path]) -> Iterator[tuple[list[Path], Entry]]:
    """Entries with their files; metrics that follow each other become one entry, as MLflow takes many at once."""
    waiting: list[Path] = []
    rows: list[list[Any]] = []
    for file in files:
        try:
            entry = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue  # another process has sent it meanwhile
        if waiting and (entry["kind"] != "metrics" or len(rows) + len(entry["rows"]) > LARGEST_BATCH):
            yield waiting, {"kind": "metrics", "rows": rows}
            waiting, rows = [], []
        if entry["kind"] == "metrics":
            waiting, rows = [*waiting, file], rows + entry["rows"]
        else:
            yield [file], entry
    if waiting:
        yield waiting, {"kind": "metrics", "rows": rows}


def apply(client: Any, run_id: str, entry: Entry) -> None:
    """Write one entry to a run.

    Parameters
    ----------
    client
        MLflow client.
    run_id
        The run.
    entry
        ``kind`` and what belongs to it: "metrics" with ``rows`` of key, value, step and time (ms); "parameters" and
        "tags" with ``values``; "input" with ``name``, ``digest``, ``source``, ``context`` and ``profile`` of a data
        set; "file" with ``path`` and ``folder``; "end" with ``status`` and ``time`` (ms).

    Raises
    ------
    StoreUnreachableError
        If the store is away.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    match entry["kind"]:
        case "metrics":
            metrics = [Metric(key, value, moment, step) for key, value, step, moment in entry["rows"]]
            for start in range(0, len(metrics), LARGEST_BATCH):
                client.log_batch(run_id, metrics=metrics[start : start + LARGEST_BATCH])
        case "parameters":
            parameters = [Param(key, value) for key, value in entry["values"].items()]
            for start in range(0, len(parameters), 100):
                client.log_batch(run_id, params=parameters[start : start + 100])
        case "tags":
            client.log_batch(run_id, tags=[RunTag(key, value) for key, value in entry["values"].items()])
        case "input":
            about = {key: entry[key] for key in ("name", "digest", "source", "profile")}
            tags = [InputTag("mlflow.data.context", entry["context"])]
            client.log_inputs(run_id, datasets=[DatasetInput(Dataset(source_type="mlcluster", **about), tags)])
        case "file":
            path = Path(entry["path"])
            if not path.exists():
                return  # another process has sent it meanwhile
            if path.is_dir():
                client.log_artifacts(run_id, str(path), entry["folder"])
            else:
                client.log_artifact(run_id, str(path), entry["folder"])
        case "end":
            client.set_terminated(run_id, status=entry["status"], end_time=entry["time"])
