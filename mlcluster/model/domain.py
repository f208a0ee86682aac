"""What an ensemble has learned from, and how far a cluster lies beyond it, criterion by criterion.

Four criteria. ``size``: logarithm of the ratio by which the number of atoms or metal atoms leaves the range seen.
``charge``: elementary charges beyond the range seen. ``latent distance``: see `mlcluster.levels.network.features`.
``unseen``: what is there or not, each counting 1: an element, a class of ligands, an unknown charge, an open shell.

How much of the first three is too much is set on families held out: each held-out row is measured against the domain of
the ensemble that had not seen its family, and the threshold is what 90 % of the rows, each family weighing the same, do
not exceed. Labels and residuals take no part. Intervals are calibrated on the same rows, so beyond a threshold hardly a
row stands behind them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.bound_ligands import Ligand
from mlcluster.chem.elements import NUMBERS, SYMBOLS, is_metal
from mlcluster.structure.checks import closest_pair
from mlcluster.structure.cluster import Cluster

CRITERIA = ("size", "charge", "latent distance", "unseen")
"""Columns of `domain_distances`."""

STATED: dict[str, float] = {"size": float(np.log(1.1)), "charge": 0.0, "latent distance": 2.0, "unseen": 0.0}
"""Thresholds where too few families were held out to set them: 10 % beyond the sizes seen, no charge beyond those seen,
twice the distance from one training family to the nearest other."""

WIDEST: dict[str, float] = {"size": float(np.log(1.5)), "charge": 1.0, "latent distance": np.inf, "unseen": 0.0}
"""Thresholds are never larger than this."""

FAMILIES_FOR_THRESHOLDS = 5
SHARE_INSIDE = 0.9


@dataclass(frozen=True)
class Finding:
    """One respect in which a cluster lies beyond the domain.

    Parameters
    ----------
    criterion
        One of `CRITERIA`.
    value
        How far beyond.
    text
        The same in words.
    """

    criterion: str
    value: float
    text: str


def describe_domain(
    clusters: Sequence[Cluster], families: Sequence[str], classes: Sequence[Collection[str]] | None = None
) -> dict[str, Any]:
    """Describe what training has seen, in plain values: elements, ligand classes, ranges of size and charge, families.

    Parameters
    ----------
    clusters, families
        Of the training entries, at least one.
    classes
        `ligand_classes` of each, where they are known already.
    """
    numbers = [cluster.numbers for cluster in clusters]
    metals = [int(is_metal(z).sum()) for z in numbers]
    charges = [cluster.charge for cluster in clusters if cluster.charge is not None]
    names, counts = np.unique(np.asarray(families, dtype=str), return_counts=True)
    return {
        "elements": [SYMBOLS[z] for z in sorted(set(np.concatenate(numbers).tolist()))],
        "ligand_classes": sorted(
            {name for each in classes or (ligand_classes(Anatomy(c)) for c in clusters) for name in each}
        ),
        "n_atoms": [min(map(len, numbers)), max(map(len, numbers))],
        "n_metals": [min(metals), max(metals)],
        "charge": [min(charges), max(charges)] if charges else None,
        "closed_shell_only": not any(_open_shell(cluster) for cluster in clusters),
        "families": dict(zip(names.tolist(), counts.tolist(), strict=True)),
    }


def ligand_classes(anatomy: Anatomy) -> set[str]:
    """Classes of the ligands of a cluster: their kind, and whether they have carbon.

    Bare sulfur, as in structures whose thiolates were cut down to the donor, is a class of its own.
    """
    return {_class_of(ligand, anatomy.cluster) for ligand in anatomy.ligands}


def findings(anatomy: Anatomy, domain: Mapping[str, Any], distance: float | None = None) -> list[Finding]:
    """Every respect in which a cluster lies beyond a domain, however little.

    Parameters
    ----------
    anatomy
        Of the structure.
    domain
        As `describe_domain` made it; a key that is missing is not judged.
    distance
        Latent distance, where it is known.
    """
    cluster = anatomy.cluster
    found: list[Finding] = []
    if domain.get("elements"):
        unseen = sorted({SYMBOLS[z] for z in cluster.numbers.tolist()} - set(domain["elements"]))
        if unseen:
            found.append(Finding("unseen", len(unseen), f"elements never seen in training: {', '.join(unseen)}"))
    if domain.get("ligand_classes"):
        new = sorted(ligand_classes(anatomy) - set(domain["ligand_classes"]))
        if new:
            found.append(Finding("unseen", len(new), f"ligand classes never seen in training: {', '.join(new)}"))
    sizes = {"n_atoms": ("atoms", len(cluster)), "n_metals": ("metal atoms", int(anatomy.metal.sum()))}
    for key, (noun, value) in sizes.items():
        if domain.get(key):
            low, high = domain[key]
            beyond = max(np.log(max(low, 1) / max(value, 1)), np.log(max(value, 1) / max(high, 1)))
            if beyond > 0:
                found.append(Finding("size", float(beyond), f"{value} {noun}; training had {low} to {high}"))
    if domain.get("charge"):
        low, high = domain["charge"]
        if cluster.charge is None:
            found.append(Finding("unseen", 1.0, "charge unknown; training had stated charges only"))
        elif not low <= cluster.charge <= high:
            beyond = max(low - cluster.charge, cluster.charge - high)
            text = f"charge {cluster.charge:+d}; training had {low:+d} to {high:+d}"
            found.append(Finding("charge", float(beyond), text))
    if domain.get("closed_shell_only", True) and _open_shell(cluster):
        found.append(Finding("unseen", 1.0, "odd number of electrons; training had closed shells only"))
    if distance is not None:
        text = f"latent distance {distance:.2g}; training families lie 1 apart"
        found.append(Finding("latent distance", float(distance), text))
    return found


def reasons_beyond(found: Iterable[Finding], thresholds: Mapping[str, Any]) -> list[str]:
    """Words for the findings beyond their threshold: the reasons why a prediction is an extrapolation."""
    reasons = []
    for finding in found:
        most = float(thresholds.get(finding.criterion, STATED[finding.criterion]))
        if finding.value > most:
            limit = f", held-out families up to {most:.2g}" if finding.criterion == "latent distance" else ""
            reasons.append(finding.text + limit)
    return reasons


def reasons_outside(anatomy: Anatomy, domain: Mapping[str, Any], distance: float | None = None) -> tuple[str, ...]:
    """Named reasons why a prediction for a cluster is an extrapolation; empty when it is not.

    Parameters
    ----------
    anatomy
        Of the structure.
    domain
        As `describe_domain` made it, with the ``thresholds`` that were set on families held out.
    distance
        Latent distance of the cluster, where the model can tell it.
    """
    beyond = reasons_beyond(findings(anatomy, domain, distance), domain.get("thresholds", {}))
    return (*_no_structure(anatomy), *beyond)


def _no_structure(anatomy: Anatomy) -> list[str]:
    """Why this cannot be the structure of anything, which no model has learned from."""
    close = closest_pair(anatomy.cluster, anatomy.bonds)
    if close is None:
        return []
    first, second = (anatomy.cluster.labels[k] for k in close[:2])
    return [f"{first} and {second} are too close to be both right: {close[2]:.2f} angstrom"]


def domain_distances(found: Iterable[Finding]) -> NDArray[np.float64]:
    """Largest finding of each criterion, (4,); 0 where there is none."""
    row = np.zeros(len(CRITERIA))
    for finding in found:
        column = CRITERIA.index(finding.criterion)
        row[column] = max(row[column], finding.value)
    return row


def fit_thresholds(rows: ArrayLike, families: Sequence[str]) -> dict[str, Any]:
    """Thresholds from the applicability-domain distances (N, 4) of held-out rows, with ``origin``, where they are from.

    The stated ones where fewer than five families were held out or a criterion was not measured.
    """
    values, names = np.asarray(rows, dtype=np.float64), np.asarray(families, dtype=str)
    _, member, counts = np.unique(names, return_inverse=True, return_counts=True)
    if len(counts) < FAMILIES_FOR_THRESHOLDS:
        return STATED | {"origin": "stated"}
    thresholds = dict(STATED)
    for column, criterion in enumerate(CRITERIA[:3]):
        if not np.isfinite(values[:, column]).all():
            continue
        order = np.argsort(values[:, column])
        reached = np.cumsum(1.0 / (len(counts) * counts[member[order]]))
        value = float(values[order, column][min(int(np.searchsorted(reached, SHARE_INSIDE - 1e-9)), len(order) - 1)])
        least = 0.0 if criterion == "latent distance" else STATED[criterion]
        thresholds[criterion] = float(np.clip(value, least, WIDEST[criterion]))
    return thresholds | {"origin": f"{len(counts)} families held out in turn"}


def is_outside(rows: ArrayLike, thresholds: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Whether rows of distances (N, 4) lie beyond any threshold; what was not measured (NaN) does not count."""
    most = np.array([float(thresholds.get(criterion, STATED[criterion])) for criterion in CRITERIA])
    return np.any(np.asarray(rows, dtype=np.float64).reshape(-1, len(CRITERIA)) > most, axis=1)


def _class_of(ligand: Ligand, cluster: Cluster) -> str:
    if ligand.kind == "unrecognised":
        return f"unrecognised {ligand.formula}"
    elements = cluster.numbers[list(ligand.atoms)]
    if len(elements) == 1 or (cluster.numbers[list(ligand.donors)] == NUMBERS["C"]).any():
        return ligand.kind
    return f"{ligand.kind} {'with' if (elements == NUMBERS['C']).any() else 'without'} carbon"


def _open_shell(cluster: Cluster) -> bool:
    return cluster.n_electrons is not None and cluster.n_electrons % 2 == 1
