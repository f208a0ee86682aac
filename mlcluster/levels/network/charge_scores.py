"""How well an ensemble gives the charges of the atoms of entries held out of it, beside the means of the elements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from mlcluster.data.datamodule import charge_rows
from mlcluster.data.labelled import LabelledCluster
from mlcluster.levels.network.charge_fit import element_means, from_means
from mlcluster.levels.network.ensemble import Ensemble
from mlcluster.levels.network.fold_reader import FoldReader
from mlcluster.levels.network.predict import NETWORK
from mlcluster.levels.protocol import Fold
from mlcluster.model.scores import family_mean, regression_metrics

MEAN_OF_ELEMENT = "mean on element"
"""Name of the baseline: the mean charge of each element, shifted so that a cluster has its charge."""

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOutCharges:
    """Charges of the atoms of entries held out, e.

    Parameters
    ----------
    family
        Of the entry of each atom, (N,).
    label
        Calculated charges, (N,).
    predicted
        By network and baseline, (N,) each.
    """

    family: NDArray[np.str_]
    label: Array
    predicted: Mapping[str, Array]

    @classmethod
    def joined(cls, tables: Sequence[HeldOutCharges]) -> HeldOutCharges:
        """All rows of one or more tables."""
        return cls(
            family=np.concatenate([table.family for table in tables]),
            label=np.concatenate([table.label for table in tables]),
            predicted={arm: np.concatenate([t.predicted[arm] for t in tables]) for arm in tables[0].predicted},
        )

    def scores(self) -> dict[str, dict[str, float]]:
        """Scores of each arm over all atoms, and the mean error over families, in e."""
        return {
            arm: regression_metrics(charges, self.label)
            | {"mae_over_families": family_mean(np.abs(charges - self.label), self.family)}
            for arm, charges in self.predicted.items()
        }


def charge_scores(
    reader: FoldReader, folds: Sequence[Fold], entries: Collection[str]
) -> dict[int, dict[str, dict[str, float]]]:
    """Scores of the charges of atoms by seed and arm, over the entries that the folds hold out.

    Parameters
    ----------
    reader
        Of trained members that give charges.
    folds
        Their folds.
    entries
        Of what a fold holds out only these.

    Returns
    -------
    dict
        Empty where nothing held out has charges, or no fold has learned any.
    """
    by_seed: dict[int, list[HeldOutCharges]] = {}
    for fold in folds:
        rows = _with_charges(reader.take([entry for entry in fold.test if entry in entries]))
        learned = _with_charges(reader.learned(fold))
        if rows and learned:
            by_seed.setdefault(fold.seed, []).append(_table(reader, fold, rows, learned))
    return {seed: HeldOutCharges.joined(tables).scores() for seed, tables in by_seed.items()}


def _table(
    reader: FoldReader, fold: Fold, rows: Sequence[LabelledCluster], learned: Sequence[LabelledCluster]
) -> HeldOutCharges:
    numbers = torch.from_numpy(np.concatenate([item.cluster.numbers for item in learned]))
    means = element_means(numbers, torch.cat([charge_rows(item)[0] for item in learned]))
    graphs = reader.graphs(rows, known_levels=True)  # charges do not depend on them
    charges = Ensemble(reader.members(fold)).predict(graphs).atom_charges
    assert charges is not None, "asked of networks with charges of atoms alone"
    return HeldOutCharges(
        family=np.repeat([item.family or "" for item in rows], [len(item.cluster) for item in rows]),
        label=torch.cat([charge_rows(item)[0] for item in rows]).double().numpy(),
        predicted={NETWORK: charges.double().numpy(), MEAN_OF_ELEMENT: from_means(means, graphs).numpy()},
    )


def _with_charges(items: Sequence[LabelledCluster]) -> list[LabelledCluster]:
    return [item for item in items if charge_rows(item)[1].all()]
