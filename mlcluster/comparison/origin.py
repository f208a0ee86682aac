"""Where a predicted difference comes from: the parts of both clusters and the global terms, in model space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.labels.methods import Channel
from mlcluster.levels.network.ensemble import EnsembleOutput
from mlcluster.prediction.contributions import contributions_of


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


def origin_of_difference(a: Anatomy, b: Anatomy, channels: Sequence[str], output: EnsembleOutput) -> Origin:
    """Shares of parts, atoms and global terms in what an ensemble predicts for two clusters.

    Parameters
    ----------
    channels, output
        Of the ensemble for A and B, in that order; shares by the atoms of A and B, as `NetworkModel.output` gives them.
    """
    shares = output.contributions.double().numpy()
    atoms = shares[: len(a.cluster)], shares[len(a.cluster) :]
    terms: dict[str, list[dict[str, Any]]] = {}
    for channel, one, other in zip(channels, *contributions_of([a, b], channels, output), strict=True):
        names = [part for part in PARTS if part in one.parts or part in other.parts]
        rows = [_term(part, "part", one.parts.get(part, 0.0), other.parts.get(part, 0.0)) for part in names]
        rows += [_term(name, "global", value, other.global_terms[name]) for name, value in one.global_terms.items()]
        terms[channel] = rows
    members = output.members.double().numpy()
    columns = list(enumerate(channels))
    return Origin(
        terms=terms,
        atoms_a={channel: atoms[0][:, column] for column, channel in columns},
        atoms_b={channel: atoms[1][:, column] for column, channel in columns},
        parts_a=a.parts.labels,
        parts_b=b.parts.labels,
        members={channel: members[:, 1, column] - members[:, 0, column] for column, channel in columns},
    )


def _term(name: str, kind: str, a: float, b: float) -> dict[str, Any]:
    return {"term": name, "kind": kind, "a": a, "b": b, "difference": b - a}
