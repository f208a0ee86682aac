"""Registry of data sources: one short file each, one line here each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from inspect import signature
from pathlib import Path

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.source_cards import Card
from mlcluster.data.sources import (
    ausr,
    ausr_flare,
    cod,
    extxyz,
    frameworks,
    generated,
    gfn1_models,
    gpaw_au102,
    literature_models,
    mbe_tmc,
    nanomodeler,
    nc_database,
    pholed,
    qm9,
    table,
    tmqm,
)
from mlcluster.data.sources.prepared import load_prepared
from mlcluster.errors import ConfigError
from mlcluster.plugins import installed


@dataclass(frozen=True)
class DataSource:
    """One source.

    Parameters
    ----------
    card
        What a user must know.
    load
        Gives its entries; takes the options that the source needs.
    read
        Reads a user's copy of the original, for `prepare`; None where nothing needs preparing.
    """

    card: Card
    load: Callable[..., list[LabelledCluster]]
    read: Callable[[Path], Iterator[LabelledCluster]] | None = None


SOURCES: dict[str, DataSource] = {
    source.card.name: source
    for source in (
        DataSource(gfn1_models.CARD, gfn1_models.load),
        DataSource(frameworks.CARD, frameworks.load),
        DataSource(generated.CARD, generated.load),
        DataSource(literature_models.CARD, literature_models.load),
        *(
            DataSource(module.CARD, partial(load_prepared, module.CARD), module.read)
            for module in (
                nc_database,
                ausr,
                ausr_flare,
                cod,
                gpaw_au102,
                nanomodeler,
                pholed,
                mbe_tmc,
                tmqm,
                qm9,
            )
        ),
        DataSource(extxyz.CARD, extxyz.load),
        DataSource(table.CARD, table.load),
    )
}
"""Sources by name."""


def get_source(name: str) -> DataSource:
    """Source of that name.

    Raises
    ------
    ConfigError
        If there is none; the nearest name is suggested.
    """
    if name not in SOURCES and (brought := installed("sources", name)) is not None:
        if not isinstance(brought, DataSource):
            raise ConfigError("an installed package brings no source under that name.", found=type(brought).__name__)
        SOURCES[name] = brought
    if name not in SOURCES:
        near = get_close_matches(name, SOURCES, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        raise ConfigError("unknown data source.", found=name, expected=", ".join(SOURCES), hint=hint)
    return SOURCES[name]


def load(name: str, **options: object) -> list[LabelledCluster]:
    """All entries of a source.

    Parameters
    ----------
    name
        Key of `SOURCES`.
    **options
        What that source needs, e.g. ``path`` and ``labels`` for ``extxyz``.

    Raises
    ------
    ConfigError
        If there is no such source, or it does not take such an option.
    InputError
        If the source is not there, saying how to get it.
    """
    source = get_source(name)
    taken = signature(source.load).parameters
    for key in options:
        if key not in taken:
            near = get_close_matches(key, taken, n=1)
            raise ConfigError(
                f"the source {name} has no such option.",
                found=key,
                expected=", ".join(taken) or "none",
                hint=f"Did you mean {near[0]}?" if near else source.card.obtain,
            )
    missing = [key for key, one in taken.items() if one.default is one.empty and key not in options]
    if missing:
        raise ConfigError(
            f"the source {name} needs options.",
            found="none" if not options else ", ".join(options),
            expected=", ".join(missing),
            hint=source.card.obtain,
        )
    return source.load(**options)
