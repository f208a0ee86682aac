"""Idealised model clusters by name: one file a family of frameworks, one line here each.

Every builder returns a `Cluster` with charge and multiplicity. These are models in reported topologies with the
smallest ligands that keep the bonding, not crystal structures.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import partial

from mlcluster.design.frameworks.m13 import m13_diphosphine, m13_phosphine
from mlcluster.design.frameworks.phosphine_cores import (
    m3_capped,
    m3_phosphine,
    m4_cubane,
    m4_phosphine,
    m6_phosphine,
    m7_phosphine,
    m9_phosphine,
    m11_phosphine,
    m20_phosphine,
)
from mlcluster.design.frameworks.rod import rod_halide, rod_thiolate
from mlcluster.design.frameworks.thiolate_cores import m14_thiolate, m25_thiolate, m38_thiolate
from mlcluster.design.frameworks.thiolate_rings import m4_ring, m12_ring, m12_stacked_rings
from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster

__all__ = ["FRAMEWORKS", "build"]

FRAMEWORKS: dict[str, Callable[..., Cluster]] = {
    "m3-phosphine": m3_phosphine,
    "m3-capped": m3_capped,
    "m4-phosphine": m4_phosphine,
    "m4-cubane": m4_cubane,
    "m4-ring": m4_ring,
    "m6-phosphine": m6_phosphine,
    "m7-phosphine": m7_phosphine,
    "m9-phosphine": m9_phosphine,
    "m11-phosphine": m11_phosphine,
    "m12-ring": m12_ring,
    "m12-stacked-rings": m12_stacked_rings,
    "m13-phosphine": m13_phosphine,
    "m13-diphosphine": m13_diphosphine,
    "m14-thiolate": m14_thiolate,
    "m20-phosphine": m20_phosphine,
    "m25-thiolate": m25_thiolate,
    "m38-thiolate": m38_thiolate,
    "rod-eclipsed": partial(rod_halide, 0.0, "E"),
    "rod-staggered": partial(rod_halide, 36.0, "S"),
    "rod-halide": rod_halide,
    "rod-thiolate": rod_thiolate,
    "rod-vacancy": partial(rod_thiolate, vacancy=True),
}
"""Builder by name; every one takes the substituent ``r`` ("H", "Me", "Ph") and keywords of its own."""


def build(name: str, **options: object) -> Cluster:
    """Build a model cluster.

    Parameters
    ----------
    name
        Key of `FRAMEWORKS`.
    **options
        As for its builder, for example ``r="Me"``, ``metal="Ag"``, ``twist=12.0``.

    Raises
    ------
    ConfigError
        If there is no such framework, or it takes no such option.

    Examples
    --------
    >>> build("m9-phosphine").formula
    'Au9H24P8'
    """
    if name not in FRAMEWORKS:
        near = get_close_matches(name, FRAMEWORKS, n=1)
        hint = f"Did you mean {near[0]}?" if near else None
        raise ConfigError("no such framework.", found=name, expected=", ".join(FRAMEWORKS), hint=hint)
    try:
        return FRAMEWORKS[name](**options)
    except TypeError as error:
        raise ConfigError(f"the framework {name} was given the wrong options.", found=error) from None
