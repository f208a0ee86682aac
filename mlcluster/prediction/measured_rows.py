"""Measured values as rows among predictions: the same keys, another kind, and nothing that a model says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.labels.literature.known_values import values_of, values_of_formula

MEASURED = "measured"
"""The ``kind`` of such a row; that of a prediction is "predicted"."""


def measured_on(anatomy: Anatomy, file: str, own: str | Path | None = None) -> list[dict[str, Any]]:
    """Rows of what the literature and a user's own table hold about a structure; isomers that fit are all listed."""
    cluster = anatomy.cluster
    return _rows(values_of(anatomy, own=own), file, cluster.name, cluster.formula)


def measured_on_formula(text: str, charge: int | None = None, own: str | Path | None = None) -> list[dict[str, Any]]:
    """Rows of what the literature and a user's own table hold about a formula.

    Raises
    ------
    InputError
        If the formula cannot be read, or there is no such table.
    """
    return _rows(values_of_formula(text, charge, own=own), "", text, text)


def _rows(values: Iterable[Mapping[str, Any]], file: str, cluster: str, formula: str) -> list[dict[str, Any]]:
    """A row a value, with the record beside what was asked; what only a model could say is None."""
    return [
        {
            "file": file,
            "cluster": cluster,
            "formula": formula,
            "kind": MEASURED,
            "record": row["cluster"],
            **{key: row[key] for key in ("target", "method", "value", "unit", "bound")},
            **dict.fromkeys(("lower", "upper", "level", "applicability")),
            "reasons": [],
            "model": None,
            "basis": row["table"],
            **{key: row[key] for key in ("match", "kernel", "medium", "temperature", "doi", "reference", "flags")},
        }
        for row in values
    ]


def predicted_only(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without those of measured values, and without the sentences about both."""
    kept = [row for row in rows if row.get("kind") != MEASURED]
    return [{key: value for key, value in row.items() if key != "sentences"} for row in kept]
