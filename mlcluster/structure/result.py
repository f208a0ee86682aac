"""What `read` takes beside a file, and what it gives back for each cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from mlcluster.errors import ConfigError
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.report import Dropped, Report

Disorder = Literal["majority", "enumerate", "reject"]
Hydrogens = Literal["keep", "add"]


@dataclass(frozen=True, kw_only=True)
class ReadResult:
    """One cluster of a file.

    Parameters
    ----------
    cluster
        The finite structure.
    report
        Remarks on how it was obtained.
    dropped
        Fragments of the same file that are in no cluster.
    copies
        Symmetry copies of it in one unit cell.
    weight
        Share of this alternative when disorder was enumerated or resolved; 1 without disorder.
    mirror_of
        Position in the list of the result this is the mirror image of, or None.
    """

    cluster: Cluster
    report: Report
    dropped: tuple[Dropped, ...] = ()
    copies: int = 1
    weight: float = 1.0
    mirror_of: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Choices of the user that hold for a whole file; see `mlcluster.read`.

    Raises
    ------
    ConfigError
        If there is no such way to treat disorder or hydrogens.
    """

    charge: int | None = None
    multiplicity: int | None = None
    disorder: Disorder = "majority"
    hydrogens: Hydrogens = "keep"
    max_alternatives: int = 16
    declared_ligands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.disorder not in get_args(Disorder):
            expected = ", ".join(get_args(Disorder))
            raise ConfigError("unknown way to treat disorder.", found=self.disorder, expected=expected)
        if self.hydrogens not in get_args(Hydrogens):
            expected = ", ".join(get_args(Hydrogens))
            raise ConfigError("unknown way to treat missing hydrogens.", found=self.hydrogens, expected=expected)
