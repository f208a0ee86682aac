"""`Candidate`: a cluster that could be made next, and how it comes from its parent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlcluster.design.edits.records import Edit
from mlcluster.structure.cluster import Cluster


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """A cluster that could be made next.

    Parameters
    ----------
    cluster
        Atoms, charge, multiplicity; parent and edits in its source.
    edits
        What was done to the parent.
    valence_electrons
        Superatom electrons, None where there is no single number.
    copies
        How many results of a full enumeration it stands for.
    chiral
        Whether the symmetry that counts has no reflection that leaves it as it is.
    mirror_of
        Name of the earlier candidate that it is the mirror image of, where mirror images are kept apart.
    relaxed
        Whether its ligands were relaxed by a calculation.
    """

    cluster: Cluster
    edits: tuple[Edit, ...]
    valence_electrons: int | None
    copies: int
    chiral: bool
    mirror_of: str | None = None
    relaxed: bool = False

    @property
    def open_shell(self) -> bool | None:
        """Whether the number of electrons is odd, so that it can be no closed shell; None with an unknown charge."""
        electrons = self.cluster.n_electrons
        return None if electrons is None else bool(electrons % 2)

    def to_dict(self) -> dict[str, Any]:
        """Keys as in the command line's JSON, without the file."""
        return {
            "name": self.cluster.name,
            "edits": [str(edit) for edit in self.edits],
            "formula": self.cluster.formula,
            "charge": self.cluster.charge,
            "multiplicity": self.cluster.multiplicity,
            "valence_electrons": self.valence_electrons,
            "open_shell": self.open_shell,
            "copies": self.copies,
            "chiral": self.chiral,
            "mirror_of": self.mirror_of,
            "relaxed": self.relaxed,
        }
