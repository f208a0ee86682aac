"""Cards of sources: what a public data set holds, its licence, and where a copy of it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlcluster.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Card:
    """Description of a source.

    Parameters
    ----------
    name
        As it is called in `mlcluster.data.load`.
    what
        Which structures, in a sentence.
    entries
        How many; 0 where it is the user's own file.
    families
        How many families they make among themselves; 0 where that is not known.
    labels
        Number of labels of each channel, ``target:method``.
    method
        How structures and labels were obtained, units included.
    licence, citation
        As the authors state them; "not stated" where they do not.
    traps
        What has misled, or would mislead, a careful user; one sentence each.
    obtain
        Where the data are, and which file or folder `prepare` takes.
    bundled
        True when the data come with the package and nothing needs preparing.
    """

    name: str
    what: str
    entries: int
    families: int = 0
    labels: Mapping[str, int] = field(default_factory=dict)
    method: str
    licence: str
    citation: str
    traps: tuple[str, ...] = ()
    obtain: str
    bundled: bool = False

    def to_dict(self) -> dict[str, object]:
        """Return the fields as plain values, for JSON."""
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in self.__dict__.items()}


def local_copy(card: Card, path: str | Path | None) -> Path:
    """Path of a user's copy of a source.

    Raises
    ------
    InputError
        Saying where to get the data, if no path is given or nothing is there.
    """
    if path is None:
        raise InputError(f"{card.name} is not part of mlcluster; prepare needs a copy of your own.", hint=card.obtain)
    if not Path(path).exists():
        raise InputError(f"there is no copy of {card.name} here.", file=path, hint=card.obtain)
    return Path(path)


def find_one(card: Card, path: Path, *patterns: str) -> Path:
    """First file that fits one of the patterns, `path` itself or below it.

    Raises
    ------
    InputError
        Naming the patterns and where to get the data.
    """
    for pattern in patterns:
        if path.is_file() and path.match(pattern):
            return path
        found = sorted(path.glob(pattern)) if path.is_dir() else []
        if found:
            return found[0]
    raise InputError(f"this holds no {card.name}.", file=path, expected=" or ".join(patterns), hint=card.obtain)
