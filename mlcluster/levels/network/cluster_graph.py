"""What a network sees of a cluster: its graph, made of the capped cluster where the network has learned from those."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from mlcluster.anatomy import Anatomy
from mlcluster.electronic.capping import Capped, capped
from mlcluster.electronic.core_hamiltonian import check_orbitals
from mlcluster.electronic.descriptors import MAX_SECONDS
from mlcluster.errors import StructureError
from mlcluster.graph import convert
from mlcluster.levels.network.calculated_inputs import row_to_correct
from mlcluster.levels.network.ensemble import EnsembleOutput
from mlcluster.levels.network.network_config import ModelConfig
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, kw_only=True, eq=False)
class ClusterGraph:
    """A cluster that is asked about, and what a network sees of it.

    Parameters
    ----------
    anatomy
        Of the cluster that is asked about.
    seen
        Of what the graph was made of: the domain is judged on it. `anatomy` itself where nothing was cut.
    graph
        Made with the cutoff of the network, M atoms.
    owner
        Atom of the cluster asked about that each atom of the graph gives its share to, (M,): its own, and of hydrogen
        that closes a cut the donor that it is on. None where both have the same atoms.
    note
        What was done to the ligands, in words; empty where nothing was.
    reason
        Why the ligands are whole although the network knows capped ones; empty where they are not.
    """

    anatomy: Anatomy
    seen: Anatomy
    graph: Data
    owner: NDArray[np.int64] | None = None
    note: str = ""
    reason: str = ""

    @classmethod
    def of(cls, cluster: Cluster | Anatomy, config: ModelConfig, max_seconds: float = MAX_SECONDS) -> ClusterGraph:
        """Cut the ligands down where the network wants that, make the graph, and calculate what is to be corrected.

        A cluster whose ligands cannot be cut down, or falls apart when they are, is seen whole. It is not refused: its
        metals and donors are known, and a value with a wide interval and the reason tells a chemist more than nothing.
        But the reason puts it outside the domain, whatever else would speak for it.

        Parameters
        ----------
        cluster
            Whole, as it was read.
        config
            Of the network.
        max_seconds
            Largest estimate of a calculation that is made, for a network that corrects one.

        Raises
        ------
        StructureError
            If the cluster cannot become a graph.
        CalculationError
            If the network corrects a calculation and there is none, or reads levels and there can be none.
        """
        found = cls._seen(Anatomy.of(cluster), config)
        if config.prior == "calculation":
            found.graph.calculated = row_to_correct(found.anatomy, max_seconds)
        if config.frontier == "hamiltonian":
            check_orbitals(found.seen.cluster)
        return found

    @classmethod
    def _seen(cls, anatomy: Anatomy, config: ModelConfig) -> ClusterGraph:
        reason = ""
        if config.ligands == "capped":
            try:
                return cls._capped(anatomy, config)
            except StructureError as error:
                where = f" ({error.site})" if error.site else ""
                reason = f"ligands could not be cut down to those of training: {error.what.rstrip('.')}{where}"
        return cls(anatomy=anatomy, seen=anatomy, graph=convert(anatomy, config.cutoff), reason=reason)

    @classmethod
    def _capped(cls, anatomy: Anatomy, config: ModelConfig) -> ClusterGraph:
        found = capped(anatomy)
        if found.cluster is anatomy.cluster:
            return cls(anatomy=anatomy, seen=anatomy, graph=convert(anatomy, config.cutoff))
        seen = Anatomy(found.cluster)
        graph = convert(seen, config.cutoff)
        return cls(anatomy=anatomy, seen=seen, graph=graph, owner=found.owner, note=_in_words(found))


def with_shares_of_clusters(output: EnsembleOutput, items: Sequence[ClusterGraph]) -> EnsembleOutput:
    """The output with shares and charges given to the atoms of the clusters asked about.

    Atoms that were cut off have shares of 0, and NaN for the charge, which nobody knows; hydrogen in their place counts
    with the donor.

    Parameters
    ----------
    output
        Of the ensemble for the graphs of `items`, in their order.
    items
        What was predicted.
    """
    if all(item.owner is None for item in items):
        return output
    sizes = [len(item.seen.cluster) for item in items]
    shares = torch.cat(
        [_by_owner(own, item) for own, item in zip(output.contributions.split(sizes), items, strict=True)]
    )
    charges = output.atom_charges
    if charges is not None:
        charges = torch.cat(
            [_by_owner(own, item, float("nan")) for own, item in zip(charges.split(sizes), items, strict=True)]
        )
    return output._replace(contributions=shares, atom_charges=charges)


def _by_owner(own: torch.Tensor, item: ClusterGraph, cut_off: float = 0.0) -> torch.Tensor:
    """Values of the atoms that were seen, (M, ...), by the atoms of the cluster; `cut_off` for those that were not."""
    if item.owner is None:
        return own
    owner = torch.from_numpy(item.owner)
    whole = own.new_full((len(item.anatomy.cluster), *own.shape[1:]), cut_off)
    whole[owner] = 0.0
    return whole.index_add(0, owner, own)


def _in_words(found: Capped) -> str:
    """What became of the ligands, ``ligands cut down to SH and PH3``, and what the capping warns of."""
    new = [cut for _, arrow, cut in (done.partition(" -> ") for done in found.done) if arrow]
    kinds = list(dict.fromkeys(re.sub(r"^(H\d*)([A-Z][a-z]?)$", r"\2\1", formula) for formula in new))
    listed = " and ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
    return "; ".join([f"ligands cut down to {listed}", *(warning.rstrip(".") for warning in found.warnings)])
