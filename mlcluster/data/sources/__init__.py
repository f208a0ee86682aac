"""Registry of data sources: one short file each, one line here each."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import extxyz, gfn1_models
from mlcluster.errors import ConfigError

SOURCES: dict[str, Callable[..., list[LabelledCluster]]] = {
    "gfn1_models": gfn1_models.load,
    "extxyz": extxyz.load,
}
"""Loader of each source by name."""


def load(name: str, **options: object) -> list[LabelledCluster]:
    """All entries of a source.

    Parameters
    ----------
    name
        Key of `SOURCES`.
    options
        What that source needs, e.g. ``path`` and ``labels`` for ``extxyz``.

    Raises
    ------
    ConfigError
        If there is no such source, or it does not take such an option.
    """
    if name not in SOURCES:
        near = get_close_matches(name, SOURCES, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        raise ConfigError("unknown data source.", found=name, expected=", ".join(SOURCES), hint=hint)
    try:
        return SOURCES[name](**options)
    except TypeError as error:
        raise ConfigError(f"the source {name} was given the wrong options.", found=error) from None
