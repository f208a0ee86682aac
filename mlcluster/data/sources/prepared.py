"""Loading of what `mlcluster data prepare` wrote."""

from __future__ import annotations

from pathlib import Path

from mlcluster.data.families import unite
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.packed import HEADER, PackedSource
from mlcluster.data.places import data_dir
from mlcluster.data.source_cards import Card
from mlcluster.errors import InputError


def is_present(card: Card, directory: str | Path | None = None) -> bool:
    """Whether a source can be loaded: it comes with the package, or was prepared."""
    return card.bundled or ((Path(directory) if directory else data_dir() / card.name) / HEADER).is_file()


def open_prepared(card: Card, directory: str | Path | None = None) -> PackedSource:
    """Prepared source on disk, read shard by shard.

    Raises
    ------
    InputError
        If it has not been prepared, saying how to.
    """
    place = Path(directory) if directory else data_dir() / card.name
    if not is_present(card, place):
        raise InputError(
            f"{card.name} is not prepared here.",
            file=place,
            hint=f"{card.obtain} Then: mlcluster data prepare {card.name} --from PATH.",
        )
    return PackedSource(place)


def load_prepared(card: Card, directory: str | Path | None = None) -> list[LabelledCluster]:
    """Every entry of a prepared source, families united.

    Parameters
    ----------
    card
        Of the source.
    directory
        Where it lies, if not in `mlcluster.data.places.data_dir`.

    Raises
    ------
    InputError
        If it has not been prepared, saying how to.
    """
    return unite(list(open_prepared(card, directory)))
