"""What to calculate on: structures of a file, of every file in a directory, or of a source by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.data.sources import SOURCES, load
from mlcluster.errors import InputError, MlclusterError
from mlcluster.runs import content_hash
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.folders import structure_files
from mlcluster.structure.read import read


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One structure to calculate, or the reason why there is none.

    Parameters
    ----------
    name
        Identifier, unique within the set.
    cluster
        The structure; None when it could not be read.
    error
        Why it could not.
    """

    name: str
    cluster: Cluster | None
    error: str | None = None


def entries(source: str | Path | Mapping[str, Cluster], **read_options: Any) -> list[Entry]:
    """Structures of a file, a directory or a data source, in a fixed order.

    Parameters
    ----------
    source
        Path, or a key of `mlcluster.data.SOURCES` that loads without options, or structures by name.
    **read_options
        As for `mlcluster.read`.

    Raises
    ------
    InputError
        If there is no such file, directory or source, or it holds no structure.
    """
    if isinstance(source, Mapping):
        return [Entry(name=name, cluster=cluster) for name, cluster in source.items()]
    path = Path(source)
    if path.is_dir():
        found = [entry for file in structure_files(path) for entry in _of_file(file, read_options)]
    elif path.is_file():
        found = _of_file(path, read_options)
    elif str(source) in SOURCES:
        found = [Entry(name=item.entry, cluster=item.cluster) for item in load(str(source))]
    else:
        known = ", ".join(SOURCES)
        raise InputError("no such file, directory or data source.", found=source, expected=f"a path or one of {known}")
    if not found:
        raise InputError("no structure here.", file=path)
    return _unique(found)


def _of_file(file: Path, options: dict[str, Any]) -> list[Entry]:
    try:
        results = read(file, **options)
    except MlclusterError as error:
        return [Entry(name=file.name, cluster=None, error=str(error))]
    return [Entry(name=result.cluster.name or file.name, cluster=result.cluster) for result in results]


def _unique(found: list[Entry]) -> list[Entry]:
    """Number the entries whose names repeat: the second ``a`` becomes ``a#2``."""
    seen: Counter[str] = Counter()
    numbered = []
    for entry in found:
        seen[entry.name] += 1
        name = entry.name if seen[entry.name] == 1 else f"{entry.name}#{seen[entry.name]}"
        numbered.append(Entry(name=name, cluster=entry.cluster, error=entry.error))
    return numbered


def structure_key(cluster: Cluster) -> str:
    """Sixteen hexadecimal digits of SHA-256 over elements, coordinates (to 0.0001 angstrom) and charge."""
    numbers, rounded = np.asarray(cluster.numbers, dtype="<i8"), np.rint(cluster.positions * 1e4).astype("<i8")
    return content_hash(repr((cluster.charge, cluster.multiplicity)), numbers, rounded)[:16]
