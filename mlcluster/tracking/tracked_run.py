"""One tracked run: parameters, metrics with steps, files and an end."""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from mlcluster.runs import content_hash
from mlcluster.tracking.client import StoreUnreachableError
from mlcluster.tracking.unsent import Entry, Unsent, apply

PARENT = "mlflow.parentRunId"
"""Tag of MLflow that makes a run the child of another."""

NOTE = "mlflow.note.content"
"""Tag that MLflow shows as the description of a run, rendered as Markdown."""

KEPT_FROM, KEPT_UNTIL = "mlcluster.kept_locally_from", "mlcluster.kept_locally_until"
"""Tags of a run whose store was away for a while: when it was lost, and when all that was kept had been sent."""

_SHOWN = "mlflow.loggedArtifacts"
"""Tag by which MLflow knows which files are tables."""

_LONGEST_PARAMETER = 250
"""MLflow cuts longer parameters without a word; they become files here."""

_LONGEST_KEY = 250
"""Signs in the name of a metric; MLflow refuses more."""


class Run:
    """Writes to, and reads from, one run of an MLflow store.

    Where the store no longer answers, what is written is kept on disk and sent when it answers again: at a later write,
    at the end of the run, or when the store is next opened. As a context manager a run is closed with the block: as
    finished, as killed after Ctrl-C, as failed after any other error.

    Parameters
    ----------
    client
        MLflow client of the store.
    run_id
        Run to write to.
    pending
        Directory for what cannot be sent.
    is_new
        False for a run that was there before, and so may have entries.
    is_child
        True for a run opened by `child`: its parent cares for what is left to send.
    """

    def __init__(
        self, client: Any, run_id: str, *, pending: Path, is_new: bool = False, is_child: bool = False
    ) -> None:
        self._client, self.id, self.is_new, self._is_child = client, run_id, is_new, is_child
        self._pending, self._unsent = pending, Unsent(pending / run_id, client.uri)
        self._keeps = bool(self._unsent.waiting())
        self._ended = False
        self._children: dict[str, Run] | None = None
        self._tables: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Run:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the run as finished, failed or, after Ctrl-C, killed."""
        if kind is None:
            self.finish()
        else:
            self.finish("KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED")

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log parameters; a value too long for MLflow becomes the file ``parameters/<key>.txt`` and its hash.

        A parameter that the run already has is left as it is: a resumed run has the same ones.
        """
        present = {} if self.is_new else self.parameters()
        short = {}
        for key, value in parameters.items():
            text = str(value)
            if key in present:
                continue
            if len(text) > _LONGEST_PARAMETER:
                self.log_text(text, f"parameters/{key}.txt")
                digest = content_hash(text)[:12]
                text = f"see artifact parameters/{key}.txt, sha256 {digest}"
            short[key] = text
        self._write({"kind": "parameters", "values": short})

    def log_metrics(self, rows: Iterable[tuple[str, float, int]]) -> None:
        """Log (key, value, step) rows in as few calls as MLflow allows."""
        now = int(time.time() * 1000)
        entries = [[metric_key(key), float(value), step, now] for key, value, step in rows]
        if entries:
            self._write({"kind": "metrics", "rows": entries})

    def log_text(self, text: str, path: str) -> None:
        """Keep `text` as the file `path` of the run."""
        folder, _, name = path.rpartition("/")
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / name
            file.write_text(text, encoding="utf-8")
            self.log_file(file, folder or None)

    def log_json(self, content: object, path: str) -> None:
        """Keep `content` as the JSON file `path` of the run."""
        self.log_text(json.dumps(content, indent=1, sort_keys=True, default=str), path)

    def log_table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], path: str) -> None:
        """Keep rows as the JSON file `path`, a table that MLflow's pages show and ``mlflow.load_table`` reads."""
        self.log_text(json.dumps({"columns": list(columns), "data": [list(row) for row in rows]}), path)
        self._tables[path] = {"path": path, "type": "table"}
        self.set_tags({_SHOWN: json.dumps(list(self._tables.values()))})

    def log_file(self, file: Path, folder: str | None = None) -> None:
        """Keep a file, or a directory with all it holds, under `folder` of the run."""
        if not file.exists():
            raise FileNotFoundError(file)
        self._write({"kind": "file", "path": str(file), "folder": folder})

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags of the run."""
        self._write({"kind": "tags", "values": dict(tags)})

    def log_input(self, name: str, digest: str, *, source: str, context: str, counts: Mapping[str, int]) -> None:
        """Say what the run reads, as MLflow shows it under "Datasets".

        Parameters
        ----------
        name, digest
            Of the data set; of the digest MLflow takes 36 signs.
        source
            Where it comes from, in words or as JSON.
        context
            What it is for: "training", "testing" ...
        counts
            How much there is of it, such as entries.
        """
        about = {"name": name[:500], "digest": digest[:36], "source": source, "context": context}
        self._write({"kind": "input", **about, "profile": json.dumps(dict(counts))})

    def finish(self, status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED") -> None:
        """Close the run, once; one that did not end well closes the children that are still open as well."""
        if self._ended:
            return
        opened = list((self._children or {}).values())
        if status != "FINISHED":
            for child in opened:
                if not child._ended:
                    child.finish(status)
        self._write({"kind": "end", "status": status, "time": int(time.time() * 1000)})
        self._ended = True
        if not self._is_child and not all(run.send_kept() for run in (*opened, self)):
            print(f"run {self.id}: its record is not complete yet; mlcluster runs sync sends the rest", file=sys.stderr)

    def _write(self, entry: Entry) -> None:
        outage = self._client.outage
        if outage.may_try():
            try:
                self._send()
                apply(self._client, self.id, entry)
            except StoreUnreachableError as error:
                outage.goes_on(error, self._pending)
            else:
                outage.ends()
                return
        if not self._keeps:
            self._unsent.keep({"kind": "tags", "values": {KEPT_FROM: _now()}})
            self._keeps = True
        self._unsent.keep(entry)

    def _send(self) -> None:
        if not self._keeps:
            return
        refused = self._unsent.send(self._client, self.id)
        if not refused:
            apply(self._client, self.id, {"kind": "tags", "values": {KEPT_UNTIL: _now()}})
        self._keeps = False
        for reason in refused:
            print(f"run {self.id}: the tracking store refused an entry: {reason}", file=sys.stderr)

    def send_kept(self) -> bool:
        """Send what was kept while the store was away; True if nothing waits any longer."""
        try:
            self._send()
        except StoreUnreachableError as error:
            self._client.outage.goes_on(error, self._pending)
            return False
        return True

    def child(self, name: str, tags: Mapping[str, str] | None = None) -> Run:
        """Open the child run of that name, and make it if there is none: a grid goes on with what is missing.

        Make all children before the work begins: a store that is away can take entries later, but no new run.
        """
        if self._children is None:
            self._children = self.children()
        known = self._children.get(name)
        if known is None:
            experiment = self._client.get_run(self.id).info.experiment_id
            made = self._client.create_run(experiment, run_name=name, tags={**(tags or {}), PARENT: self.id})
            run = Run(self._client, made.info.run_id, pending=self._pending, is_new=True, is_child=True)
            self._children[name] = run
            return run
        known._ended = known.status == "FINISHED"
        if not known._ended:
            self._client.update_run(known.id, status="RUNNING")
        return known

    def children(self) -> dict[str, Run]:
        """Child runs by name, in the order they were made."""
        experiment = self._client.get_run(self.id).info.experiment_id
        where, order, token = f"tags.`{PARENT}` = '{self.id}'", ["attributes.start_time ASC"], None
        found: dict[str, Run] = {}
        while True:
            page = self._client.search_runs([experiment], where, max_results=1000, order_by=order, page_token=token)
            for run in page:
                child = Run(self._client, run.info.run_id, pending=self._pending, is_child=True)
                found.setdefault(run.info.run_name, child)
            token = page.token
            if not token:
                return found

    @property
    def status(self) -> str:
        """Status of the run, e.g. "RUNNING"."""
        return self._client.get_run(self.id).info.status

    def parameters(self) -> dict[str, str]:
        """Parameters logged so far."""
        return dict(self._client.get_run(self.id).data.params)

    def tags(self) -> dict[str, str]:
        """Tags of the run."""
        return dict(self._client.get_run(self.id).data.tags)

    def metrics(self) -> dict[str, float]:
        """Latest value of each metric."""
        return dict(self._client.get_run(self.id).data.metrics)

    def metric_steps(self, key: str) -> list[tuple[int, float]]:
        """(step, value) rows of one metric in the order of their steps."""
        history = self._client.get_metric_history(self.id, metric_key(key))
        return sorted((entry.step, entry.value) for entry in history)

    def read_json(self, path: str) -> Any:
        """Content of a JSON file of the run."""
        with tempfile.TemporaryDirectory() as folder:
            return json.loads(self.download(path, Path(folder)).read_text(encoding="utf-8"))

    def download(self, path: str, folder: Path) -> Path:
        """Copy a file, or a folder with all it holds, of the run into an existing `folder`, and say where it lies."""
        return Path(self._client.download_artifacts(self.id, path, str(folder)))

    def files(self, folder: str | None = None) -> list[str]:
        """Paths of the files and folders directly under `folder` of the run."""
        return [entry.path for entry in self._client.list_artifacts(self.id, folder)]


def metric_key(key: str) -> str:
    """Name of a metric as MLflow takes it: letters, digits and ``_ - . space : /``, a path, at most 250 signs.

    >>> metric_key("test/gap:gfn1-xtb/network/family M(N4)/mae"), metric_key("a<b>//c")
    ('test/gap:gfn1-xtb/network/family M_N4/mae', 'a_b_/c')
    """
    plain = re.sub(r"[^\w\-. :/]", "_", re.sub(r"[)\]]", "", key), flags=re.ASCII)
    name = "/".join(part if part.strip(".") else f"_{part}" for part in plain.split("/") if part)
    if len(name) <= _LONGEST_KEY:
        return name
    digest = content_hash(key)[:12]
    return f"{name[: _LONGEST_KEY - 13]}_{digest}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
