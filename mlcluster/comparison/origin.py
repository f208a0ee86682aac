"""Where a predicted difference comes from: the parts of both clusters and the global terms, in model space."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy.parts import PARTS, assign_parts
from mlcluster.graph import convert
from mlcluster.labels.channels import Channel
from mlcluster.model import Ensemble
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, eq=False)
class Origin:
    """Shares of the predictions for two clusters, by channel.

    Parameters
    ----------
    terms
        By channel, rows ``{"term", "kind", "a", "b", "difference"}``: parts, then global terms. They sum to the
        predictions and to their difference in model space.
    atoms_a, atoms_b
        By channel, the share of each atom, model space.
    parts_a, parts_b
        Part of each atom.
    members
        By channel, the difference B - A of each member, model space, (M,).
    """

    terms: dict[str, list[dict[str, Any]]]
    atoms_a: dict[str, NDArray[np.float64]]
    atoms_b: dict[str, NDArray[np.float64]]
    parts_a: tuple[str, ...]
    parts_b: tuple[str, ...]
    members: dict[str, NDArray[np.float64]]

    def difference_of_part(self, channel: str) -> dict[str, float]:
        """Share of each part in the difference, model space."""
        return {row["term"]: row["difference"] for row in self.terms[channel] if row["kind"] == "part"}

    def to_rows(self) -> list[dict[str, Any]]:
        """All terms with target, method and the unit of model space."""
        rows = []
        for key, terms in self.terms.items():
            channel = Channel.parse(key)
            unit = channel.definition.transform.model_unit
            rows += [{"target": channel.target, "method": channel.method, "unit": unit, **term} for term in terms]
        return rows


def origin_of_difference(a: Cluster, b: Cluster, ensemble: Ensemble) -> Origin:
    """Shares of parts, atoms and global terms in what an ensemble predicts for two clusters.

    Raises
    ------
    StructureError
        If a cluster cannot become a graph.
    """
    output = ensemble.predict([convert(cluster, ensemble.config.cutoff) for cluster in (a, b)])
    shares = output.contributions.double().numpy()
    atoms = shares[: len(a)], shares[len(a) :]
    parts = assign_parts(a).labels, assign_parts(b).labels
    terms: dict[str, list[dict[str, Any]]] = {}
    for column, channel in enumerate(ensemble.channels):
        sums = [_by_part(side[:, column], labels) for side, labels in zip(atoms, parts, strict=True)]
        rows = [
            _term(part, "part", sums[0][part], sums[1][part]) for part in PARTS if part in sums[0] or part in sums[1]
        ]
        for name, values in output.global_terms.items():
            one, other = values[:, column].double().tolist()
            rows.append(_term(name, "global", one, other))
        terms[channel] = rows
    members = output.members.double().numpy()
    columns = list(enumerate(ensemble.channels))
    return Origin(
        terms=terms,
        atoms_a={channel: atoms[0][:, column] for column, channel in columns},
        atoms_b={channel: atoms[1][:, column] for column, channel in columns},
        parts_a=parts[0],
        parts_b=parts[1],
        members={channel: members[:, 1, column] - members[:, 0, column] for column, channel in columns},
    )


def _by_part(shares: NDArray[np.float64], labels: tuple[str, ...]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for label, share in zip(labels, shares.tolist(), strict=True):
        sums[label] += share
    return sums


def _term(name: str, kind: str, a: float, b: float) -> dict[str, Any]:
    return {"term": name, "kind": kind, "a": a, "b": b, "difference": b - a}
