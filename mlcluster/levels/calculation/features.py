"""What the calculation level predicts a cluster from: descriptors of its capped model, calculated or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlcluster.anatomy import Anatomy
from mlcluster.electronic.capping import Ligands, capped
from mlcluster.electronic.descriptors import MAX_SECONDS, describe
from mlcluster.electronic.kept import KeptCalculations
from mlcluster.structure.cluster import Cluster

LIGAND_ATOMS = ("P", "S", "Cl", "Br", "I", "C")
"""Elements whose number per metal atom in the capped model is a descriptor."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is calculated of a cluster.

    Parameters
    ----------
    ligands
        ``"capped"``: cut down to what binds; ``"whole"``: as they are, as emission from a complex starts on them.
    triplet
        Whether the vertical energy of the lowest triplet is among the descriptors.
    """

    ligands: Ligands = "capped"
    triplet: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Described:
    """A cluster as this level sees it.

    Parameters
    ----------
    anatomy
        Of the capped model: the domain is judged on it, so that real ligands count as what they bind by.
    values
        Descriptors by name, as `mlcluster.electronic.descriptors.Descriptors.values` gives them, and numbers of ligand
        atoms per metal where ligands are capped.
    open_shell
        Whether electrons are unpaired.
    cut
        Whether capping took more off the ligands than methyl groups.
    """

    anatomy: Anatomy
    values: Mapping[str, float]
    open_shell: bool = False
    cut: bool = False


def described(
    anatomy: Anatomy,
    *,
    description: Description | None = None,
    max_seconds: float = MAX_SECONDS,
    kept: KeptCalculations | None = None,
) -> Described:
    """Cap a cluster and calculate it, or take the calculation from those kept.

    Parameters
    ----------
    anatomy
        Of the whole cluster.
    description
        What is calculated; the capped cluster without its triplet when None.
    max_seconds, kept
        As for `mlcluster.electronic.descriptors.describe`.

    Raises
    ------
    CalculationError
        With the kind of reason: charge unknown, no parameters, too large, not converged, or an unphysical density.
    StructureError
        If a ligand cannot be closed with hydrogen.
    """
    how = description or Description()
    whole = how.ligands == "whole"
    model, cut = (anatomy.cluster, False) if whole else _capped(anatomy)
    found = describe(model, triplet=how.triplet, max_seconds=max_seconds, kept=kept)
    # Of whole ligands these would tell no more than how large they are.
    counted = () if whole else LIGAND_ATOMS
    per_metal = {f"per_metal_{e}": model.composition.get(e, 0) / max(found.metals, 1) for e in counted}
    own = anatomy if whole else Anatomy(model)
    return Described(anatomy=own, values=found.values() | per_metal, open_shell=found.is_open_shell, cut=cut)


def _capped(anatomy: Anatomy) -> tuple[Cluster, bool]:
    """The capped model, and whether more carbon is gone than one atom a cut."""
    found = capped(anatomy)
    gone = anatomy.cluster.composition.get("C", 0) - found.cluster.composition.get("C", 0)
    return found.cluster, gone > int((np.asarray(found.replaced) >= 0).sum())
