"""m/z of a cluster ion and of what it becomes when a ligand leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlcluster.anatomy.inventory import LigandGroup
from mlcluster.chem.formula import parse_formula
from mlcluster.photophysics.mass_spectrum import mass_to_charge
from mlcluster.structure.cluster import Cluster


def expected_ions(cluster: Cluster, groups: Sequence[LigandGroup]) -> list[dict[str, Any]]:
    """m/z of the intact ion and of the loss of one anion or one neutral ligand of each kind; none of unknown charge.

    Parameters
    ----------
    groups
        Ligands of this cluster, as of `mlcluster.anatomy.inventory.ligand_groups`.

    Returns
    -------
    ``[{"loss": None, "charge": 1, "mz": 6761.46}, {"loss": "Cl-", "charge": 2, "mz": 3363.0}, ...]``, isotopes
    averaged; a loss that leaves no charge is left out.
    """
    if cluster.charge is None:
        return []
    losses: dict[str | None, tuple[dict[str, float], int]] = {None: ({}, 0)}
    for group in groups:
        if group.charge in (0, -1):
            label = group.abbreviation or group.formula
            losses.setdefault(label + ("-" if group.charge else ""), (parse_formula(group.formula)[0], group.charge))
    composition = {element: float(n) for element, n in cluster.composition.items()}
    return [
        {
            "loss": loss,
            "charge": cluster.charge - lost,
            "mz": mass_to_charge(composition, cluster.charge, loss=atoms, lost_charge=lost),
        }
        for loss, (atoms, lost) in losses.items()
        if cluster.charge != lost
    ]
