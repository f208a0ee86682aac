"""Finished pairs of a table, kept as they come: a comparison of many that is ended goes on where it stood."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster import __version__
from mlcluster.errors import InputError
from mlcluster.graph.reading import code_digest
from mlcluster.levels.calculation.predict import bundled_calculation_model
from mlcluster.levels.formula.predict import bundled_formula_model
from mlcluster.levels.network import Ensemble
from mlcluster.prediction.calculated import LevelChoice
from mlcluster.runs import Journal, content_hash
from mlcluster.structure.files import open_regular

SCHEMA = 2
"""Number of the meaning of a kept line."""


class KeptPairs:
    """Finished pairs beside a table, one JSON line each; pairs that failed are not kept and tried again.

    Parameters
    ----------
    table
        File the table is going to; the lines are in ``TABLE.unfinished.jsonl``.
    ensemble
        Model that predicts. Lines of other models, files, options or versions stay unused.

    Raises
    ------
    DataError
        If a line other than a torn last one is damaged.
    """

    def __init__(self, table: Path, ensemble: Ensemble) -> None:
        self.path = table.with_name(f"{table.name}.unfinished.jsonl")
        self.reused = 0
        self._journal = Journal(self.path, finite=False)  # a half-width may be infinite
        self._made_with = [SCHEMA, __version__, code_digest(), ensemble.hash, _formula_hash()]
        self._made_with += [bundled_calculation_model().hash, LevelChoice.of().level]
        self._rows: dict[str, dict[str, Any]] = {line["key"]: line["row"] for line in self._journal.rows()}

    def key(self, files: Sequence[str], settings: Mapping[str, Any]) -> str | None:
        """SHA-256 over names and content of both files, options and models; None for a file that cannot be read."""
        stated = {name: value for name, value in settings.items() if name != "model"}
        try:
            hashes = [_hash_of(file) for file in files]
        except (OSError, InputError):
            return None
        return content_hash([self._made_with, list(files), hashes, stated])

    def get(self, key: str | None) -> dict[str, Any] | None:
        """The row of a finished pair, if there is one."""
        row = None if key is None else self._rows.get(key)
        self.reused += row is not None
        return row

    def add(self, key: str | None, row: Mapping[str, Any]) -> dict[str, Any]:
        """Bring a row to disk, and return it as `get` will: a table gone on with equals an undisturbed one."""
        plain = json.loads(json.dumps(row))
        if key is not None:
            self._journal.append({"key": key, "row": plain})
            self._rows[key] = plain
        return plain

    def remove(self) -> None:
        """Forget the lines, once the table is written."""
        self._journal.remove()


def _hash_of(file: str) -> str:
    with open_regular(file) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type] # a buffered reader


def _formula_hash() -> str | None:
    with contextlib.suppress(InputError):
        return bundled_formula_model().hash
    return None
