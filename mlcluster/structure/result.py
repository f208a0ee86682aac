"""What `read` takes beside a file, and what it gives back for each cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar, get_args

from mlcluster.errors import ConfigError, MlclusterError
from mlcluster.structure.cluster import Cluster
from mlcluster.structure.files import MAX_BYTES
from mlcluster.structure.limits import whole_charge, whole_multiplicity
from mlcluster.structure.report import Dropped, Report

Disorder = Literal["majority", "enumerate", "reject"]
Hydrogens = Literal["keep", "add"]
DECLARABLE = ("S:thiolate", "S:sulfide", "Se:selenolate", "Se:selenide", "Te:tellurolate", "Te:telluride")
"""What donor atoms that stand in a file without carbon may be declared to be."""

_Item = TypeVar("_Item")


class Results(list[_Item]):
    """What was read of one file, with the blocks of it that could not be.

    Parameters
    ----------
    items
        Of the list.
    failed
        One error for each block that could not be read beside others that could.
    """

    def __init__(self, items: Iterable[_Item] = (), failed: Iterable[MlclusterError] = ()) -> None:
        super().__init__(items)
        self.failed = tuple(failed)


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

    Parameters
    ----------
    charge, multiplicity, disorder, max_alternatives, block, max_bytes
        As for `mlcluster.read`.
    declared_ligands
        As ``element:class``; what `declare` says is added.
    declare
        Element to class of ligand, for donors that the file has without their carbon: ``{"S": "thiolate"}``.

    Raises
    ------
    ConfigError
        If there is no such way to treat disorder or hydrogens, no such ligand, or a number is out of range.
    """

    charge: int | None = None
    multiplicity: int | None = None
    disorder: Disorder = "majority"
    hydrogens: Hydrogens = "keep"
    max_alternatives: int = 16
    declared_ligands: tuple[str, ...] = ()
    declare: Mapping[str, str] = field(default_factory=dict)
    block: str | None = None
    max_bytes: int = MAX_BYTES

    def __post_init__(self) -> None:
        if self.disorder not in get_args(Disorder):
            expected = ", ".join(get_args(Disorder))
            raise ConfigError("unknown way to treat disorder.", found=self.disorder, expected=expected)
        if self.hydrogens not in get_args(Hydrogens):
            expected = ", ".join(get_args(Hydrogens))
            raise ConfigError("unknown way to treat missing hydrogens.", found=self.hydrogens, expected=expected)
        for name, checked in (("charge", whole_charge), ("multiplicity", whole_multiplicity)):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, checked(value))
        if not self.max_bytes > 0:
            raise ConfigError("the largest size of a file is above 0 bytes.", found=self.max_bytes)
        stated = dict.fromkeys((*self.declared_ligands, *(f"{e}:{name}" for e, name in self.declare.items())))
        for each in stated:
            _check_declared(each)
        object.__setattr__(self, "declared_ligands", tuple(stated))
        # Said once: keys of caches and records are made of the fields.
        object.__setattr__(self, "declare", {})


def _check_declared(text: str) -> None:
    if text not in DECLARABLE:
        raise ConfigError(
            "cannot declare this ligand.", found=text, expected=f"element:class, one of {', '.join(DECLARABLE)}"
        )
