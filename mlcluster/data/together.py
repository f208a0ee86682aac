"""Several sources as one set, with families that hold across all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlcluster.data.families import unite
from mlcluster.data.labelled import LabelledCluster
from mlcluster.data.sources import load
from mlcluster.errors import ConfigError


def load_together(
    names: Sequence[str],
    options: Mapping[str, Mapping[str, Any]] | None = None,
    pairs: Iterable[tuple[str, str]] = (),
) -> list[LabelledCluster]:
    """Entries of several sources, called ``source/entry``, with the families they have among each other.

    Parameters
    ----------
    names
        Of the sources.
    options
        What single sources need, by their name.
    pairs
        Declared pairs of entries by those names; see `mlcluster.data.families.unite`.

    Raises
    ------
    ConfigError
        If options are given for something else than one of the sources.
    """
    stray = sorted(set(options or {}) - set(names))
    if stray:
        raise ConfigError(
            "options are listed by source where there are several.", found=", ".join(stray), expected=", ".join(names)
        )
    items = []
    for name in names:
        for item in load(name, **(options or {}).get(name, {})):
            items.append(replace(item, entry=f"{name}/{item.entry}", source=name))
    return unite(items, pairs)
