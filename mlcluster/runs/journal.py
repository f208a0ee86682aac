"""The record of finished items: one JSON line each, written when it is finished, whole after any crash."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlcluster.errors import DataError


class Journal:
    """Append-only file of finished items, of which the next call repeats none.

    A row is on the disk once `append` returns. A kill in the middle leaves a torn last line, which counts as absent and
    is cut off before the next one is added. One process writes at a time (see `held`); any number may read.

    Parameters
    ----------
    path
        JSON Lines file; made when the first line is written.
    finite
        Whether numbers must be finite, so that the file is plain JSON for other programs as well.
    """

    def __init__(self, path: Path, *, finite: bool = True) -> None:
        self.path, self._finite = path, finite
        self._is_whole = False

    def rows(self) -> list[dict[str, Any]]:
        """Every finished item in the order they were finished; numbers are those given, to the last bit.

        Raises
        ------
        DataError
            If a line other than a torn last one is no JSON object.
        """
        rows = []
        for number, line in enumerate(self._whole_part().split(b"\n")[:-1], start=1):
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("no JSON object")
                rows.append(row)
            except ValueError as error:
                raise DataError(
                    "a line of the record is damaged.",
                    file=self.path,
                    site=f"line {number}",
                    found=line[:60].decode("utf-8", "replace"),
                    hint="Delete that line to have its item calculated again.",
                ) from error
        return rows

    def append(self, row: Mapping[str, Any]) -> None:
        """Write one finished item through to the disk.

        Raises
        ------
        ValueError
            If a number is not finite and all of them have to be.
        """
        line = json.dumps(row, allow_nan=not self._finite).encode() + b"\n"
        if not self._is_whole:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.is_file():
                os.truncate(self.path, len(self._whole_part()))
            self._is_whole = True
        with open(self.path, "ab") as handle:
            handle.write(line)
            handle.flush()
            os.fsync(handle.fileno())

    def remove(self) -> None:
        """Forget all rows."""
        self.path.unlink(missing_ok=True)

    def _whole_part(self) -> bytes:
        content = self.path.read_bytes() if self.path.is_file() else b""
        return content[: content.rfind(b"\n") + 1]
