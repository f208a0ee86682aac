"""`FormulaRecord`: what the formula of a cluster and the conditions of a measurement tell, without its structure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from mlcluster.anatomy import Anatomy
from mlcluster.chem.cluster_formula import ClusterFormula
from mlcluster.chem.elements import METAL_VALENCE, SYMBOLS
from mlcluster.chem.formula import parse_formula
from mlcluster.chem.ligands import LIGANDS
from mlcluster.labels.conditions import Medium
from mlcluster.labels.literature.composition import Composition

CLASSES: dict[str, tuple[str, ...]] = {
    "thiolate": ("thiolate", "dithio anion", "thioether"),
    "heavier chalcogenolate": ("selenolate", "tellurolate"),
    "chalcogenide or carbide": ("chalcogenide", "carbide", "bare S", "bare Se", "bare Te"),
    "phosphine": ("phosphine", "phosphide"),
    "alkynyl": ("alkynyl", "sigma carbon"),
    "carbene": ("carbene", "isocyanide"),
    "halide": ("halide",),
    "hydride": ("hydride",),
    "N- or O-donor": ("N-donor", "O-donor", "carboxylate", "oxo anion", "carbonyl", "amidinate", "cyanide"),
}
"""Classes of ligands that descriptors tell apart, each with the kinds of the ligand dictionary and of the anatomy."""

_CLASS_OF_KIND = {kind: name for name, kinds in CLASSES.items() for kind in kinds}
_NOT_BOUND = {"host"}


@dataclass(frozen=True, kw_only=True)
class LigandCount:
    """Ligands of one sort.

    Parameters
    ----------
    kind
        Class of the ligand dictionary, or of the anatomy of a structure.
    charge, denticity
        Formal charge and donor atoms of one.
    elements
        Atoms of each element of one; None for a class of ligands such as SR.
    count
        How many there are; None where it is not stated.
    """

    kind: str
    charge: int
    denticity: int
    elements: Mapping[str, float] | None
    count: int | None

    @property
    def group(self) -> str | None:
        """Name in `CLASSES`; None for a kind that belongs to none."""
        return _CLASS_OF_KIND.get(self.kind.split("+")[0])


@dataclass(frozen=True, kw_only=True)
class FormulaRecord:
    """A cluster as its formula tells it, with the conditions of a measurement.

    Parameters
    ----------
    metals
        Metal atoms by element symbol.
    ligands
        Its ligands; one of unknown number has the count None.
    charge
        Charge in e; None where it is not stated.
    stated_electrons
        Superatom electrons as a source states them, used where they do not follow from the rest.
    medium, temperature_k
        Conditions; None stands for solution at room temperature.
    """

    metals: Mapping[str, int]
    ligands: tuple[LigandCount, ...]
    charge: int | None
    stated_electrons: int | None = None
    medium: Medium | None = None
    temperature_k: float | None = None

    @property
    def n_metals(self) -> int:
        """Number of metal atoms."""
        return sum(self.metals.values())

    @property
    def n_anionic(self) -> int | None:
        """Formal charge that all ligands bring, with its sign turned; None where a number is not stated."""
        if not self.ligands or any(ligand.count is None for ligand in self.ligands):
            return None
        return -sum(ligand.charge * (ligand.count or 0) for ligand in self.ligands)

    @property
    def electrons(self) -> int | None:
        """Superatom electrons: metal valences less anionic ligands less charge (10.1073/pnas.0801001105).

        None where a metal has no valence in this count, or a number is not stated and no source states the electrons.
        """
        known = self.n_anionic is not None and self.charge is not None and set(self.metals) <= set(METAL_VALENCE)
        if not known:
            return self.stated_electrons
        return sum(METAL_VALENCE[m] * n for m, n in self.metals.items()) - (self.n_anionic or 0) - (self.charge or 0)

    @property
    def groups(self) -> frozenset[str]:
        """Classes of ligands present, by their names in `CLASSES`; a kind that belongs to none stands for itself."""
        return frozenset(ligand.group or ligand.kind for ligand in self.ligands)


def record_of_formula(
    formula: ClusterFormula,
    *,
    charge: int | None = None,
    medium: Medium | None = None,
    temperature_k: float | None = None,
) -> FormulaRecord:
    """Record of a parsed formula; `charge` is used where the formula states none."""
    return FormulaRecord(
        metals=dict(formula.metals),
        ligands=_from_dictionary(formula.ligands),
        charge=formula.charge if formula.charge is not None else charge,
        medium=medium,
        temperature_k=temperature_k,
    )


def record_of_composition(
    composition: Composition,
    *,
    electrons: int | None = None,
    medium: Medium | None = None,
    temperature_k: float | None = None,
) -> FormulaRecord | None:
    """Record of a compound of the literature table; None where its metals are not known."""
    if composition.metals is None:
        return None
    return FormulaRecord(
        metals=dict(composition.metals),
        ligands=_from_dictionary(composition.ligands),
        charge=composition.charge,
        stated_electrons=electrons,
        medium=medium,
        temperature_k=temperature_k,
    )


def record_of_cluster(anatomy: Anatomy) -> FormulaRecord | None:
    """Record of a structure, as its formula would tell it; None for one without metal."""
    metals = Counter(SYMBOLS[z] for z in anatomy.cluster.numbers[anatomy.metal].tolist())
    if not metals:
        return None
    counted = Counter(_of_structure(e.formula, e.kind, e.charge[1], len(e.donors)) for e in anatomy.ligands)
    ligands = tuple(
        LigandCount(kind=kind, charge=charge, denticity=denticity, elements=parse_formula(formula)[0], count=count)
        for (kind, charge, denticity, formula), count in counted.items()
    )
    return FormulaRecord(metals=dict(metals), ligands=ligands, charge=anatomy.cluster.charge)


def _from_dictionary(counts: Mapping[str, int | None]) -> tuple[LigandCount, ...]:
    bound = ((LIGANDS[name], count) for name, count in counts.items() if LIGANDS[name].kind not in _NOT_BOUND)
    return tuple(
        LigandCount(
            kind=ligand.kind,
            charge=ligand.charge,
            denticity=ligand.denticity,
            elements=ligand.elements,
            count=count,
        )
        for ligand, count in bound
    )


@lru_cache(maxsize=1024)
def _of_structure(formula: str, kinds: str, charge: int, donors: int) -> tuple[str, int, int, str]:
    """Kind, charge, denticity and formula, from the dictionary where one of its ligands has these atoms."""
    kind = kinds.split("+")[0]
    elements = parse_formula(formula)[0]
    for known in LIGANDS.values():
        if known.elements == elements and _CLASS_OF_KIND.get(known.kind) == _CLASS_OF_KIND.get(kind):
            return known.kind, known.charge, known.denticity, formula
    return kind, charge, donors, formula
