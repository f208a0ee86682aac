"""What every source does with a row: a structure, its labels and its family become one entry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from mlcluster.anatomy import Anatomy
from mlcluster.data.families import family_key
from mlcluster.data.labelled import LabelledCluster, is_touchstone
from mlcluster.errors import DataError
from mlcluster.labels import LabelRecord
from mlcluster.labels.label_records import TOUCHSTONE
from mlcluster.structure.cluster import Cluster, Source


def make_entry(
    source: str,
    entry: str,
    numbers: ArrayLike,
    positions: ArrayLike,
    *,
    name: str = "",
    charge: float | None = None,
    multiplicity: float | None = None,
    declared_ligands: tuple[str, ...] = (),
    split: str = "",
    parent: str = "",
    family: str | None = None,
    gaps: Mapping[str, float | None] | None = None,
    charging: tuple[str, float | None, float | None] | None = None,
    labels: Iterable[Mapping[str, Any]] = (),
    reference: str | None = None,
) -> LabelledCluster:
    """Entry whose family, unless stated, is the structural key of `mlcluster.data.families`.

    Parameters
    ----------
    source, entry
        As in `LabelledCluster`.
    numbers, positions
        Atomic numbers (N,) and coordinates (N, 3), angstrom.
    name, split, parent, declared_ligands
        As in `LabelledCluster` and `Cluster`.
    charge, multiplicity
        None where the source does not state them.
    family
        Stated by the source.
    gaps
        Calculated gaps in eV by method; None is no label.
    charging
        Method, ionization energy and electron affinity in eV, each None where it is missing.
    labels
        Other labels: target, method, value, unit, and anything else of a `LabelRecord`.
    reference
        Source of the labels.
    """
    cluster = Cluster(
        numbers=numbers,  # type: ignore[arg-type] # converted and checked there
        positions=positions,  # type: ignore[arg-type]
        charge=whole(entry, "charge", charge),
        multiplicity=whole(entry, "multiplicity", multiplicity),
        name=name or entry,
        source=Source(path=source, block=entry),
        declared_ligands=declared_ligands,
    )
    key = family_key(Anatomy(cluster))
    given: list[tuple[str, str, float | None]] = [("gap", method, value) for method, value in (gaps or {}).items()]
    if charging is not None:
        method, ionization, affinity = charging
        given += [("ionization_energy", method, ionization), ("electron_affinity", method, affinity)]
    calculated: list[Mapping[str, Any]] = [
        {"target": target, "method": method, "value": value, "unit": "eV", "medium": "gas phase (calculated)"}
        for target, method, value in given
        if value is not None
    ]
    # One way only: a touchstone under another name teaches no more than under its own.
    flags = frozenset({TOUCHSTONE}) if is_touchstone(cluster) else frozenset()
    records = tuple(
        LabelRecord(
            entry=entry,
            family=family or key,
            source=reference,
            **{**label, "flags": frozenset(label.get("flags", ())) | flags},
        )
        for label in (*calculated, *labels)
    )
    return LabelledCluster(
        entry=entry,
        family=family or key,
        parent=parent,
        cluster=cluster,
        labels=records,
        source=source,
        split=split,
        key=key,
    )


def whole(entry: str, name: str, value: float | None) -> int | None:
    """A number of a table that has to be whole, or None."""
    if value is not None and value != int(value):
        raise DataError(f"a {name} is a whole number.", site=entry, found=value)
    return None if value is None else int(value)


def number(text: object) -> float | None:
    """Number in a table cell; None for an empty cell, "nan" and the like.

    >>> number("1.5"), number(""), number("nan"), number(None)
    (1.5, None, None, None)
    """
    if text is None or str(text).strip() == "":
        return None
    try:
        value = float(str(text))
    except ValueError:
        raise DataError("not a number.", found=text, hint="Leave the cell empty if there is no value.") from None
    if math.isinf(value):
        raise DataError("not a number.", found=text, hint="Leave the cell empty if there is no value.")
    return None if math.isnan(value) else value
