"""One tracked run: parameters, metrics with steps, files and an end."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

_LONGEST_PARAMETER = 250
"""MLflow cuts longer parameters without a word; they become files here."""

_LARGEST_BATCH = 1000
"""Metrics that MLflow takes at once."""


class Run:
    """Writes to, and reads from, one run of an MLflow store.

    Parameters
    ----------
    client
        MLflow client of the store.
    run_id
        Run to write to.
    """

    def __init__(self, client: Any, run_id: str) -> None:
        self._client, self.id = client, run_id

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Log parameters; a value too long for MLflow becomes the file ``parameters/<key>.txt`` and a pointer to it.

        A parameter that the run already has is left as it is: a resumed run has the same ones.
        """
        from mlflow.entities import Param

        present = self.parameters()
        short = []
        for key, value in parameters.items():
            text = str(value)
            if key in present:
                continue
            if len(text) > _LONGEST_PARAMETER:
                self._client.log_text(self.id, text, f"parameters/{key}.txt")
                text = f"see artifact parameters/{key}.txt"
            short.append(Param(key, text))
        for start in range(0, len(short), 100):
            self._client.log_batch(self.id, params=short[start : start + 100])

    def log_metrics(self, rows: Iterable[tuple[str, float, int]]) -> None:
        """Log (key, value, step) rows in as few calls as MLflow allows."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(_metric_key(key), float(value), now, step) for key, value, step in rows]
        for start in range(0, len(metrics), _LARGEST_BATCH):
            self._client.log_batch(self.id, metrics=metrics[start : start + _LARGEST_BATCH])

    def log_json(self, content: object, path: str) -> None:
        """Keep `content` as the JSON file `path` of the run."""
        self._client.log_text(self.id, json.dumps(content, indent=1, sort_keys=True, default=str), path)

    def log_file(self, file: Path, folder: str | None = None) -> None:
        """Keep a file, or a directory with all it holds, under `folder` of the run."""
        if file.is_dir():
            self._client.log_artifacts(self.id, str(file), folder)
        else:
            self._client.log_artifact(self.id, str(file), folder)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Set tags of the run."""
        for key, value in tags.items():
            self._client.set_tag(self.id, key, value)

    def finish(self, status: Literal["FINISHED", "FAILED", "KILLED"] = "FINISHED") -> None:
        """Close the run."""
        self._client.set_terminated(self.id, status=status)

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
        history = self._client.get_metric_history(self.id, _metric_key(key))
        return sorted((entry.step, entry.value) for entry in history)

    def read_json(self, path: str) -> Any:
        """Content of a JSON file of the run."""
        with tempfile.TemporaryDirectory() as folder:
            return json.loads(Path(self._client.download_artifacts(self.id, path, folder)).read_text(encoding="utf-8"))

    def files(self, folder: str | None = None) -> list[str]:
        """Paths of the files and folders directly under `folder` of the run."""
        return [entry.path for entry in self._client.list_artifacts(self.id, folder)]


def _metric_key(key: str) -> str:
    # MLflow allows letters, digits, and _ - . space : /
    return key.replace("(", "_").replace(")", "").replace("[", "_").replace("]", "")
