"""What each part of a cluster adds to a prediction, beside named global terms, and the charges of its atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.labels.methods import CHARGES_IN_WORDS, Channel
from mlcluster.levels.network.ensemble import EnsembleOutput


@dataclass(frozen=True)
class Contributions:
    """Shares of one prediction that sum to it in model space.

    A share is what the network adds for those atoms, not what the property would change by if they were taken away: the
    atoms of a part also speak through the features of their neighbours.

    Parameters
    ----------
    parts
        Share of each part of the cluster, as named by `mlcluster.anatomy.atom_parts.PARTS`.
    global_terms
        Shares that belong to no atom: charge, electrons, composition, the mean of the training labels.
    unit
        Of all shares: that of model space, "" where it has none.
    """

    parts: dict[str, float]
    global_terms: dict[str, float]
    unit: str

    @property
    def total(self) -> float:
        """The prediction in model space."""
        return sum(self.parts.values()) + sum(self.global_terms.values())


@dataclass(frozen=True)
class PredictedCharges:
    """Charges of the atoms of a cluster, which sum to its charge.

    Of ligands that were cut down, the donor has the charge of what was left of them.

    Parameters
    ----------
    atoms
        Of each atom in the order of the cluster, e; None for an atom that was cut off.
    parts
        Sums over the parts of the cluster, as named by `mlcluster.anatomy.atom_parts.PARTS`, e.
    method
        What the model learned them from.
    """

    atoms: tuple[float | None, ...]
    parts: dict[str, float]
    method: str = CHARGES_IN_WORDS


def charges_of(anatomies: Sequence[Anatomy], output: EnsembleOutput) -> list[PredictedCharges | None]:
    """Charges of the atoms of each cluster; None where the model gives none or the charge of the cluster is unknown.

    Parameters
    ----------
    anatomies
        What was predicted, in the order of the graphs.
    output
        Of the ensemble.
    """
    if output.atom_charges is None:
        return [None] * len(anatomies)
    ends = np.cumsum([len(anatomy.cluster) for anatomy in anatomies])[:-1]
    found: list[PredictedCharges | None] = []
    for anatomy, own in zip(anatomies, np.split(output.atom_charges.double().numpy(), ends), strict=True):
        if anatomy.cluster.charge is None:
            found.append(None)
            continue
        labels = np.asarray(anatomy.parts.labels)
        parts = {part: float(np.nansum(own[labels == part])) for part in PARTS if (labels == part).any()}
        found.append(PredictedCharges(tuple(None if np.isnan(q) else q for q in own.tolist()), parts))
    return found


def contributions_of(
    anatomies: Sequence[Anatomy], channels: Sequence[str], output: EnsembleOutput
) -> list[list[Contributions]]:
    """Contributions of each cluster to each channel.

    Parameters
    ----------
    anatomies
        What was predicted, in the order of `output`.
    channels
        Columns of `output`.
    output
        Of the ensemble, shares by the atoms of these; they and the terms are means over the members.
    """
    shares = output.contributions.double().numpy()
    terms = {name: values.double().numpy() for name, values in output.global_terms.items()}
    units = [Channel.parse(channel).definition.transform.model_unit for channel in channels]
    found, start = [], 0
    for row, anatomy in enumerate(anatomies):
        labels = np.asarray(anatomy.parts.labels)
        own, start = shares[start : start + len(labels)], start + len(labels)
        present = [part for part in PARTS if (labels == part).any()]
        found.append(
            [
                Contributions(
                    parts={part: float(own[labels == part, column].sum()) for part in present},
                    global_terms={name: float(values[row, column]) for name, values in terms.items()},
                    unit=unit,
                )
                for column, unit in enumerate(units)
            ]
        )
    return found
