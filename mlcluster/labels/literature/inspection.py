"""`inspect` with what has been measured on the clusters that it finds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy, description
from mlcluster.labels.literature.known_values import tables_with, values_of


def inspect(
    files: Sequence[str | Path] | str | Path, *, own: str | Path | None = None, **settings: Any
) -> list[dict[str, Any]]:
    """Read, separate and describe structure files; say what has been measured on their clusters.

    Parameters
    ----------
    files
        One file or several, or folders of them.
    own
        Your own table, from ``mlcluster data add``: its values stand beside those of the literature.
    **settings
        As for `mlcluster.anatomy.description.inspect`.

    Returns
    -------
    list[dict[str, Any]]
        The dictionaries of `mlcluster.anatomy.description.inspect`, each with ``"measured"`` beside ``"clusters"``:
        rows of `mlcluster.labels.literature.known_values.value_rows` with ``"of"``, the name of the cluster in the
        file.

    Raises
    ------
    ConfigError
        If the tolerance is not a length, or a reading option has no such value.
    InputError
        If there is no such table of your own.
    """
    tables_with(own)  # what is missing is told before any work is done
    return description.inspect(files, beside=partial(_measured, own=own), **settings)


def _measured(anatomies: Sequence[tuple[Anatomy, bool]], own: str | Path | None) -> dict[str, Any]:
    rows = [
        {"of": anatomy.cluster.name, **row}
        for anatomy, assumed in anatomies
        for row in values_of(anatomy, charge_assumed=assumed, own=own)
    ]
    return {"measured": rows}
