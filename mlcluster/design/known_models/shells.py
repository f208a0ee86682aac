"""What each framework has around its metals, and what a record of the literature has around its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlcluster.chem.ligands import LIGANDS, LigandDefinition
from mlcluster.design.frameworks.donors import METAL_HALIDE
from mlcluster.labels.literature.composition import Composition


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A framework by its counts.

    Parameters
    ----------
    framework, options
        Name and options of `mlcluster.design.frameworks.build`.
    metals, chalcogens, halides, phosphorus
        Numbers of metal atoms and of donor atoms; a chalcogen or halide brings one negative charge.
    electrons
        Superatom electrons of its closed shell, from which a charge that a record does not state is taken.
    kernel
        What the kernel is, as a word that records of it use.
    chelating
        Whether its phosphines are diphosphines; None where it stands for either.
    arrangement
        Word of an identifier that tells it from its isomers.
    rival
        Known isomer of the same counts that is not built here; empty where there is none.
    """

    framework: str
    metals: int
    electrons: int
    kernel: str
    chalcogens: int = 0
    halides: int = 0
    phosphorus: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    chelating: bool | None = None
    arrangement: str | None = None
    rival: str = ""


_M13: dict[str, Any] = {"metals": 13, "electrons": 8, "kernel": "icosahed"}
_ROD: dict[str, Any] = {"metals": 25, "electrons": 16, "phosphorus": 10, "chelating": False}

SHELLS: tuple[Shell, ...] = (
    Shell(framework="m3-phosphine", metals=3, phosphorus=3, electrons=2, kernel="triang"),
    Shell(framework="m3-capped", metals=3, halides=2, phosphorus=6, electrons=0, kernel="triang"),
    Shell(framework="m4-phosphine", metals=4, phosphorus=4, electrons=2, kernel="tetrahed"),
    Shell(
        framework="m4-cubane", metals=4, halides=4, phosphorus=4, electrons=0, kernel="cub", rival="the chair M4X4P4"
    ),
    Shell(framework="m4-ring", metals=4, chalcogens=4, electrons=0, kernel="square", rival="the cubane M4S4"),
    Shell(framework="m6-phosphine", metals=6, phosphorus=6, electrons=4, kernel="tetrahed"),
    Shell(framework="m7-phosphine", metals=7, phosphorus=7, electrons=6, kernel="bipyramid"),
    Shell(
        framework="m9-phosphine",
        metals=9,
        phosphorus=8,
        electrons=6,
        kernel="crown",
        arrangement="crown",
        rival="the butterfly M9P8",
    ),
    Shell(framework="m11-phosphine", metals=11, halides=3, phosphorus=7, electrons=8, kernel="icosahed"),
    Shell(framework="m12-ring", metals=12, chalcogens=12, electrons=0, kernel="one ring"),
    Shell(framework="m12-stacked-rings", metals=12, chalcogens=12, electrons=0, kernel="stacked"),
    Shell(framework="m13-phosphine", halides=2, phosphorus=10, chelating=False, **_M13),
    Shell(framework="m13-phosphine", options={"element": ""}, phosphorus=12, **_M13),
    Shell(framework="m13-diphosphine", halides=2, phosphorus=10, chelating=True, **_M13),
    Shell(framework="m14-thiolate", metals=14, chalcogens=12, phosphorus=8, electrons=2, kernel="octahed"),
    Shell(framework="m20-phosphine", metals=20, phosphorus=4, electrons=20, kernel="tetrahed"),
    Shell(framework="m25-thiolate", metals=25, chalcogens=18, electrons=8, kernel="icosahed"),
    Shell(
        framework="m38-thiolate", metals=38, chalcogens=24, electrons=14, kernel="bi-icosahed", rival="the isomer Au38T"
    ),
    Shell(framework="rod-eclipsed", halides=8, kernel="eclipsed", arrangement="E", **_ROD),
    Shell(framework="rod-staggered", halides=8, kernel="staggered", arrangement="S", **_ROD),
    Shell(framework="rod-thiolate", chalcogens=5, halides=2, kernel="biicosahed", **_ROD),
    Shell(framework="rod-vacancy", chalcogens=5, halides=2, kernel="vacan", **{**_ROD, "metals": 24}),
)
"""Frameworks with their counts; a test holds them against what is built."""

_CHALCOGENS = {"thiolate": "S", "selenolate": "Se"}


@dataclass(frozen=True, kw_only=True)
class Donors:
    """Donors of a record that frameworks can have.

    Parameters
    ----------
    chalcogens, halides
        Donor atoms by element.
    alkynyls
        Alkynyls by abbreviation.
    phosphorus
        Phosphorus donors.
    cut
        Chelating ligands, which a model may have to cut to their donors.
    """

    chalcogens: Counter[str]
    halides: Counter[str]
    alkynyls: Counter[str]
    phosphorus: int
    cut: tuple[str, ...]

    @property
    def anionic(self) -> int:
        """Formal charge that they bring, with its sign turned."""
        return self.chalcogens.total() + self.halides.total() + self.alkynyls.total()

    @property
    def chelating(self) -> bool:
        """Whether a phosphine binds through several donors."""
        return any(LIGANDS[name].kind == "phosphine" for name in self.cut)


def donors_of(composition: Composition) -> Donors | None:
    """Donors of a compound; None where numbers are open, or a ligand is of a sort that no framework has."""
    if not composition.complete:
        return None
    chalcogens, halides, alkynyls = Counter[str](), Counter[str](), Counter[str]()
    phosphorus = 0
    for name, count in composition.ligands.items():
        ligand, n = LIGANDS[name], count or 0
        if ligand.kind in _CHALCOGENS and ligand.denticity == -ligand.charge:
            chalcogens[_CHALCOGENS[ligand.kind]] += ligand.denticity * n
        elif name in METAL_HALIDE:
            halides[name] += n
        elif ligand.kind == "alkynyl":
            alkynyls[name] += n
        elif ligand.kind == "phosphine" and ligand.charge == 0 and _phosphorus(ligand) == ligand.denticity:
            phosphorus += ligand.denticity * n
        else:
            return None
    cut = tuple(name for name in composition.ligands if LIGANDS[name].denticity > 1)
    return Donors(chalcogens=chalcogens, halides=halides, alkynyls=alkynyls, phosphorus=phosphorus, cut=cut)


def _phosphorus(ligand: LigandDefinition) -> int:
    return ligand.denticity if ligand.elements is None else int(ligand.elements.get("P", 0))


def shells_of(n_metals: int, donors: Donors) -> list[Shell]:
    """Frameworks with the counts of a compound; an alkynyl may stand where they have a halide."""
    return [
        shell
        for shell in SHELLS
        if shell.metals == n_metals
        and shell.chalcogens == donors.chalcogens.total()
        and shell.halides == donors.halides.total() + donors.alkynyls.total()
        and shell.phosphorus == donors.phosphorus
        and shell.chelating in (None, donors.chelating)
        and max(len(donors.chalcogens), len(donors.halides) + len(donors.alkynyls)) <= 1
    ]
