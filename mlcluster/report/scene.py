"""What is drawn of one cluster or two: the 3D scene as plain JSON, and their distances."""

from __future__ import annotations

import base64
import gzip
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.chem.elements import SYMBOLS, is_metal
from mlcluster.comparison.compare import Comparison
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.geometry.superposition import superpose
from mlcluster.labels.methods import Channel
from mlcluster.report.page import asset
from mlcluster.report.pictures import COLOUR_ALONE, element_colour, view_axes
from mlcluster.structure.cluster import Cluster

# Okabe & Ito's colours, told apart by most colour-blind readers, and greys for what stands outside.
_PART_COLOURS = dict(
    zip(
        PARTS,
        ("#e69f00", "#d55e00", "#f0e442", "#009e73", "#8fb8a8", "#56b4e9", "#cc79a7", "#0072b2", "#b0b0b0"),
        strict=True,
    )
)


def viewer_library() -> Markup:
    """3Dmol.js as it stands in its package, compressed and written with letters: a third of its size."""
    packed = gzip.compress(asset("3Dmol-min.js").encode(), compresslevel=9, mtime=0)
    return Markup('<script type="text/plain" id="library">{}</script>').format(base64.b64encode(packed).decode())


def scene_of(comparison: Comparison) -> dict[str, Any]:
    """Everything the views need; B lies on A as far as a rotation can lay it."""
    a, b, origin = comparison.a, comparison.b, comparison.origin
    axes = view_axes(a)
    turn_b = axes @ rotation_onto_a(comparison)
    match = comparison.match
    alone = ((), ()) if match is None else ((match.only_a, match.donors_only_a), (match.only_b, match.donors_only_b))
    cores = ((), ()) if match is None else (match.core_a.atoms, match.core_b.atoms)
    elements = dict.fromkeys((*a.symbols, *b.symbols))
    return {
        "clusters": [
            drawn_cluster(a, axes, origin.parts_a, cores[0], shares=origin.atoms_a, alone=alone[0]),
            drawn_cluster(b, turn_b, origin.parts_b, cores[1], shares=origin.atoms_b, alone=alone[1]),
        ],
        "elements": {symbol: element_colour(symbol) for symbol in elements},
        "parts": _PART_COLOURS,
        "mark": COLOUR_ALONE,
        "shares": {channel: origin.difference_of_part(channel) for channel in origin.terms},
        "units": {channel: Channel.parse(channel).definition.transform.model_unit for channel in origin.terms},
    }


def rotation_onto_a(comparison: Comparison) -> NDArray[np.float64]:
    """Rotation that lays the core of B on that of A, (3, 3); no reflection, which would show another molecule."""
    match = comparison.match
    if match is None or len(match.pairs) < 3:
        return view_axes(comparison.a).T @ view_axes(comparison.b)
    pairs = np.concatenate([match.pairs, match.donor_pairs])
    return superpose(comparison.b.positions[pairs[:, 1]], comparison.a.positions[pairs[:, 0]]).rotation


def scene_of_cluster(anatomy: Anatomy) -> dict[str, Any]:
    """Everything the view of one cluster needs; its core is what metals are bonded to."""
    cluster = anatomy.cluster
    core = anatomy.metal.copy()
    core[anatomy.bonds.second[anatomy.metal[anatomy.bonds.first]]] = True
    return {
        "clusters": [drawn_cluster(cluster, view_axes(cluster), anatomy.parts.labels, np.flatnonzero(core))],
        "elements": {symbol: element_colour(symbol) for symbol in dict.fromkeys(cluster.symbols)},
        "parts": _PART_COLOURS,
    }


def drawn_cluster(
    cluster: Cluster,
    axes: NDArray[np.float64],
    parts: tuple[str, ...],
    core: Any,
    *,
    shares: Mapping[str, NDArray[np.float64]] | None = None,
    alone: Any = (),
) -> dict[str, Any]:
    """One cluster as plain JSON.

    Parameters
    ----------
    axes
        Rows are the directions right, up and towards the eye, (3, 3).
    parts
        The part of each atom.
    core
        Atoms that are drawn large.
    shares
        Contributions of the atoms by channel.
    alone
        Atoms without a partner in the other cluster.
    """
    metal = is_metal(cluster.numbers)
    centre = cluster.positions[metal if metal.any() else slice(None)].mean(axis=0)
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    partners: dict[int, list[int]] = defaultdict(list)
    for i, j in zip(bonds.first.tolist(), bonds.second.tolist(), strict=True):
        partners[i].append(j)
    return {
        "elements": [SYMBOLS[z] for z in cluster.numbers.tolist()],
        "xyz": np.round((cluster.positions - centre) @ axes.T, 3).ravel().tolist(),
        "bonds": [partners[k] for k in range(len(cluster))],
        "labels": list(cluster.labels),
        "parts": list(parts),
        "metal": metal.astype(int).tolist(),
        "core": sorted(int(k) for k in core),
        "alone": sorted(int(k) for group in alone for k in group),
        "atoms": {channel: [float(f"{x:.4g}") for x in values.tolist()] for channel, values in (shares or {}).items()},
    }


Panel = tuple[str, list[float], list[float]]


def bond_panels(a: Cluster, b: Cluster, most: int = 6) -> list[Panel]:
    """Lengths of the bonds with a metal by element pair, the most frequent pairs first, angstrom."""
    left, right = _bond_lengths(a), _bond_lengths(b)
    pairs = sorted({*left, *right}, key=lambda pair: (-len(left[pair]) - len(right[pair]), pair))
    return [(pair, left[pair], right[pair]) for pair in pairs[:most]]


def radial_panels(a: Cluster, b: Cluster) -> list[Panel]:
    """Distances of metals and donors from the centre of the metals, and between metals up to 6 angstrom."""
    left, right = _radial(a), _radial(b)
    return [(title, left[title], right[title]) for title in left if left[title] and right.get(title)]


def _bond_lengths(cluster: Cluster) -> dict[str, list[float]]:
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    metal = is_metal(cluster.numbers)
    found: dict[str, list[float]] = defaultdict(list)
    for i, j, length in zip(bonds.first.tolist(), bonds.second.tolist(), bonds.distance.tolist(), strict=True):
        if metal[i] and (not metal[j] or (cluster.numbers[i], -i) > (cluster.numbers[j], -j)):
            found[f"{SYMBOLS[cluster.numbers[i]]}-{SYMBOLS[cluster.numbers[j]]}"].append(length)
    return found


def _radial(cluster: Cluster) -> dict[str, list[float]]:
    metal = is_metal(cluster.numbers)
    if not metal.any():
        return {}
    bonds = cluster_bonds(cluster.numbers, cluster.positions)
    donor = np.zeros(len(cluster), dtype=bool)
    donor[bonds.second[metal[bonds.first]]] = True
    donor &= ~metal
    core = cluster.positions[metal]
    centre = core.mean(axis=0)
    between = np.linalg.norm(core[:, None] - core[None], axis=2)[np.triu_indices(len(core), 1)]
    return {
        "metals from the centre": np.linalg.norm(core - centre, axis=1).tolist(),
        "donors from the centre": np.linalg.norm(cluster.positions[donor] - centre, axis=1).tolist(),
        "metal to metal": between[between < 6.0].tolist(),
    }
