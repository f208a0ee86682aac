"""`inspect`: what structure files hold, as plain dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlcluster.anatomy.description import describe
from mlcluster.anatomy.symmetry import Subset
from mlcluster.errors import ConfigError, said
from mlcluster.geometry.point_group import TOLERANCE
from mlcluster.structure.files import printable
from mlcluster.structure.read import read
from mlcluster.structure.result import ReadOptions, ReadResult, Results


def inspect(
    files: Sequence[str | Path] | str | Path,
    *,
    symmetry: Subset = "kernel",
    tolerance: float = TOLERANCE,
    **options: Any,
) -> list[dict[str, Any]]:
    """Read, separate and describe structure files.

    Parameters
    ----------
    files
        One file or several.
    symmetry
        Atoms whose point group is wanted: kernel metals (``"kernel"``), all metals with their donors (``"core"``) or
        all atoms (``"whole"``).
    tolerance
        Largest deviation of an atom from that symmetry, angstrom.
    options
        As for `mlcluster.read`.

    Returns
    -------
    One dictionary a file, in the order given: ``{"file", "clusters", "dropped", "report"}``, or ``{"file", "error"}``
    for one that could not be read; a block that could not be read beside others is such a row of its own.

    Raises
    ------
    ConfigError
        If the tolerance is not a length, or a reading option has no such value.
    """
    if not tolerance > 0.0:
        raise ConfigError("the tolerance of a point group is a length.", found=tolerance, expected="above 0 angstrom")
    # A wrong option is the fault of the call, not of each file.
    ReadOptions(**{key: value for key, value in options.items() if key not in ("cluster", "strict")})
    given = [files] if isinstance(files, str | Path) else files
    return [row for file in given for row in _inspect_file(file, symmetry, tolerance, options)]


def _inspect_file(
    file: str | Path, symmetry: Subset, tolerance: float, options: dict[str, Any]
) -> list[dict[str, Any]]:
    name = printable(file)
    try:
        return _inspected(name, read(file, **options), symmetry, tolerance)
    except Exception as error:  # whatever a file brings the reader to raise, it is the failure of that file
        return [{"file": name, "error": said(error)}]


def _inspected(name: str, results: Results[ReadResult], symmetry: Subset, tolerance: float) -> list[dict[str, Any]]:
    # What holds for the whole file stands in the report of each of its clusters: it is said once.
    entries = {(e.level, e.code, e.site, e.message): e for result in results for e in result.report.entries}
    dropped = {d: None for result in results for d in result.dropped}
    found: dict[str, Any] = {
        "file": name,
        "clusters": [describe(r.cluster, symmetry, tolerance) | _circumstances(r) for r in results],
        "dropped": [d.to_dict() for d in dropped],
        "report": [entry.to_dict() for entry in entries.values()],
    }
    return [found, *({"file": name, "error": str(error)} for error in results.failed)]


def _circumstances(result: ReadResult) -> dict[str, Any]:
    return {
        "copies": result.copies,
        "weight": round(result.weight, 6),
        "mirror_of": None if result.mirror_of is None else result.mirror_of + 1,
    }
