"""What each part of a cluster adds to a prediction: shares of atoms folded into parts, beside named global terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.atom_parts import PARTS
from mlcluster.labels.methods import Channel
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
