"""Sources, trunks and targets of other packages, found by entry points in the groups ``mlcluster.*``.

A package says in its ``pyproject.toml`` what it brings::

    [project.entry-points."mlcluster.sources"]
    my_crystals = "my_package.crystals:SOURCE"

Nothing that is read, a structure, a model or a configuration, can bring in code: it can only name what is installed.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Literal

from mlcluster.errors import ConfigError

Group = Literal["sources", "trunks", "targets"]


def installed_names(group: Group) -> list[str]:
    """Names that installed packages bring to a group, in order."""
    return sorted({point.name for point in entry_points(group=f"mlcluster.{group}")})


def installed(group: Group, name: str) -> object | None:
    """What an installed package brings under a name; None where none does.

    Raises
    ------
    ConfigError
        If two packages bring the same name, or it cannot be imported.
    """
    points: list[EntryPoint] = list(entry_points(group=f"mlcluster.{group}", name=name))
    if not points:
        return None
    if len({point.value for point in points}) > 1:
        found = " and ".join(sorted(_package(point) for point in points))
        raise ConfigError("two installed packages bring the same name.", site=name, found=found, expected="one of them")
    try:
        return points[0].load()
    except Exception as error:
        raise ConfigError(
            "cannot import what an installed package brings.",
            site=f"mlcluster.{group}: {name} = {points[0].value}",
            found=f"{type(error).__name__}: {error}",
            hint=f"Mend or remove the package {_package(points[0])}.",
        ) from error


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value
