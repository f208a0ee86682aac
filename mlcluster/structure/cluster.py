"""`Cluster`: the one finite object everything after the structure stage takes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.formula import hill_formula
from mlcluster.display import Shown
from mlcluster.errors import StructureError

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Molecule


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a cluster came from.

    Parameters
    ----------
    path
        File as it was given, or None for a cluster made in memory.
    sha256
        Hash of the file's bytes (of the decompressed text for gz).
    block
        CIF data block, extXYZ frame number or similar.
    parent, edits
        For a designed candidate: name of the cluster it was made from and what was done to it, ``;`` between edits.
    """

    path: str | None = None
    sha256: str | None = None
    block: str | None = None
    parent: str | None = None
    edits: str | None = None


@dataclass(frozen=True, kw_only=True)
class CrystalContext:
    """The crystal a cluster was cut from: what packing analysis needs.

    Parameters
    ----------
    cell
        Lattice vectors as rows, (3, 3), angstrom.
    copies
        Number of symmetry copies of this cluster in one unit cell.
    numbers, positions
        Every atom of one unit cell after disorder was resolved, (M,) and (M, 3) angstrom.
    """

    cell: NDArray[np.float64]
    copies: int
    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Cluster(Shown):
    """A finite, ordered, non-periodic set of atoms.

    Parameters
    ----------
    numbers
        Atomic numbers, (N,).
    positions
        Cartesian coordinates, (N, 3), angstrom.
    charge
        Total charge in units of e; None means unknown, never 0.
    multiplicity
        2S + 1; None means unknown, never 1.
    labels
        One unique name a site; made from the element and a counter when empty.
    name
        What to call it in tables.
    source
        File and hash it was read from.
    crystal
        The unit cell it was cut from, if there was one.
    declared_ligands
        What the source states about donors that geometry cannot show, e.g. ``("S:thiolate",)``.

    Raises
    ------
    StructureError
        If shapes disagree, an element or coordinate is impossible, labels repeat, or charge and
        multiplicity contradict the number of electrons.
    """

    numbers: NDArray[np.int64]
    positions: NDArray[np.float64]
    charge: int | None = None
    multiplicity: int | None = None
    labels: tuple[str, ...] = ()
    name: str = ""
    source: Source = field(default_factory=Source)
    crystal: CrystalContext | None = None
    declared_ligands: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        numbers = _frozen(self.numbers, np.int64)
        positions = _frozen(self.positions, np.float64)
        if numbers.ndim != 1 or numbers.size == 0 or positions.shape != (numbers.size, 3):
            raise StructureError(
                "atomic numbers and positions do not fit.",
                site=self.name or None,
                found=f"{numbers.shape} and {positions.shape}",
                expected="(N,) and (N, 3) with N >= 1",
            )
        if numbers.min() < 1 or numbers.max() >= len(SYMBOLS):
            raise StructureError("atomic number outside the periodic table.", site=self.name or None, found=numbers)
        labels = tuple(self.labels) or _counted_labels(numbers)
        bad = np.flatnonzero(~np.isfinite(positions).all(axis=1))
        if bad.size:
            raise StructureError("coordinate is not a finite number.", site=labels[bad[0]], found=positions[bad[0]])
        if len(labels) != numbers.size or len(set(labels)) != numbers.size:
            raise StructureError(
                "site labels must be unique, one an atom.",
                site=self.name or None,
                found=f"{len(set(labels))} different labels",
                expected=f"{numbers.size}",
            )
        for key, value in (("numbers", numbers), ("positions", positions), ("labels", labels)):
            object.__setattr__(self, key, value)
        self._check_electrons()

    def _check_electrons(self) -> None:
        if self.multiplicity is not None and self.multiplicity < 1:
            raise StructureError("multiplicity is 2S + 1.", found=self.multiplicity, expected="1 or more")
        electrons = self.n_electrons
        if electrons is None or self.multiplicity is None:
            return
        if (electrons + self.multiplicity) % 2 == 0:
            raise StructureError(
                "charge and multiplicity contradict each other.",
                site=self.name or self.formula,
                found=f"charge {self.charge}, multiplicity {self.multiplicity}, {electrons} electrons",
                expected="an odd multiplicity for an even number of electrons, and the reverse",
                hint="Correct --charge or --multiplicity.",
            )

    def __len__(self) -> int:
        return int(self.numbers.size)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Element symbol of each atom."""
        return tuple(SYMBOLS[z] for z in self.numbers)

    @cached_property
    def composition(self) -> dict[str, int]:
        """Atoms of each element."""
        elements, counts = np.unique(self.numbers, return_counts=True)
        return {SYMBOLS[z]: int(n) for z, n in zip(elements, counts, strict=True)}

    @cached_property
    def formula(self) -> str:
        """Hill formula: carbon, hydrogen, then the alphabet."""
        return hill_formula(self.composition)

    @property
    def n_electrons(self) -> int | None:
        """All electrons, or None when the charge is unknown."""
        return None if self.charge is None else int(self.numbers.sum()) - self.charge

    def replace(self, **changes: object) -> Cluster:
        """A copy with some fields changed."""
        return dataclasses.replace(self, **changes)  # type: ignore[arg-type]

    def to_pymatgen(self) -> Molecule:
        """The same atoms as a `pymatgen.core.Molecule`; unknown charge is refused there, so it becomes a property."""
        from pymatgen.core import Molecule

        molecule = Molecule(list(self.symbols), self.positions, site_properties={"label": list(self.labels)})
        molecule.properties = {"charge": self.charge, "multiplicity": self.multiplicity, "name": self.name}
        return molecule

    def to_ase(self) -> Atoms:
        """The same atoms as `ase.Atoms`, charge and multiplicity in ``info`` only when known."""
        from ase import Atoms

        atoms = Atoms(numbers=self.numbers, positions=self.positions)
        known = {"charge": self.charge, "multiplicity": self.multiplicity, "name": self.name or None}
        atoms.info.update({key: value for key, value in known.items() if value is not None})
        return atoms

    def to_xyz(self) -> str:
        """Extended XYZ text; unknown charge and multiplicity are left out."""
        from mlcluster.structure.write import xyz_text

        return xyz_text(self)

    def to_cif(self) -> str:
        """CIF text: a P1 box with vacuum on all sides, charge in the moiety formula when known."""
        from mlcluster.structure.write import cif_text

        return cif_text(self)


def _frozen(values: ArrayLike, dtype: type) -> NDArray:
    array: NDArray = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def _counted_labels(numbers: NDArray[np.int64]) -> tuple[str, ...]:
    counter: dict[int, int] = {}
    labels = []
    for z in numbers.tolist():
        counter[z] = counter.get(z, 0) + 1
        labels.append(f"{SYMBOLS[z]}{counter[z]}")
    return tuple(labels)
