"""The record of a computation: one JSON line an item, written when it is finished, whole after any crash."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.errors import DataError
from mlcluster.structure.cluster import Cluster


def structure_key(cluster: Cluster) -> str:
    """Sixteen hexadecimal digits of SHA-256 over elements, coordinates (to 0.0001 angstrom) and charge."""
    digest = hashlib.sha256(repr((cluster.charge, cluster.multiplicity)).encode())
    digest.update(np.asarray(cluster.numbers, dtype="<i8").tobytes())
    digest.update(np.rint(cluster.positions * 1e4).astype("<i8").tobytes())
    return digest.hexdigest()[:16]


class Journal:
    """Append-only file of finished items.

    Parameters
    ----------
    path
        JSON Lines file; made when the first line is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self) -> list[dict[str, Any]]:
        """Every finished item; a last line cut off by a crash is not one.

        Raises
        ------
        DataError
            If any other line is not JSON.
        """
        if not self.path.is_file():
            return []
        rows = []
        for number, line in enumerate(self._whole_lines(), start=1):
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise DataError(
                    "a line of the record is damaged.",
                    file=self.path,
                    site=f"line {number}",
                    found=line[:60],
                    hint="Delete that line to have its item calculated again.",
                ) from error
        return rows

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one finished item through to the disk."""
        line = json.dumps(row, allow_nan=False) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "ab") as handle:
            handle.write(line.encode())
            handle.flush()
            os.fsync(handle.fileno())

    def repair(self) -> None:
        """Cut off a torn last line, so that the next one starts afresh."""
        if self.path.is_file():
            whole = sum(len(line.encode()) + 1 for line in self._whole_lines())
            if whole != self.path.stat().st_size:
                os.truncate(self.path, whole)

    def _whole_lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
