"""Methods by which a target is measured or calculated, and channels: one target by one method."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from mlcluster.errors import DataError
from mlcluster.labels.targets import Target, get_target


@dataclass(frozen=True, kw_only=True)
class Method:
    """One way a target is obtained.

    Parameters
    ----------
    name
        As written in channels and outputs.
    targets
        Targets it applies to.
    measured
        True for an experiment, False for a calculation.
    description
        What it is, in a sentence.
    """

    name: str
    targets: tuple[str, ...]
    measured: bool
    description: str


_LUMINESCENCE = ("emission", "quantum_yield", "lifetime")
_LEVELS = ("homo", "lumo", "triplet_energy")
_CHARGED = ("ionization_energy", "electron_affinity")

ATOM_CHARGES = "atom_charge:gfn1-xtb"
"""What scores call charges of atoms, e, which are no channel of their own: every source that has them has these."""
CHARGES_IN_WORDS = "GFN1-xTB, Mulliken"
"""Their method, for people."""

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            name="optical", targets=("gap",), measured=True, description="onset or first band of an absorption spectrum"
        ),
        Method(
            name="electrochemical",
            targets=("gap",),
            measured=True,
            description="first oxidation minus first reduction potential",
        ),
        Method(
            name="measured-not-stated",
            targets=("gap",),
            measured=True,
            description="experimental gap whose source does not name the method",
        ),
        Method(
            name="dft-pbe-lanl2dz",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap, density-fitted PBE with LANL2DZ",
        ),
        Method(
            name="dft-not-stated",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap, functional not stated by the source",
        ),
        Method(
            name="tddft-not-stated",
            targets=("gap",),
            measured=False,
            description="first TDDFT transition, functional not stated by the source",
        ),
        Method(
            name="gfn1-xtb",
            targets=("gap", *_LEVELS),
            measured=False,
            description="GFN1-xTB at 300 K electronic temperature: gap, levels and vertical triplet energy",
        ),
        Method(
            name="dft-nc-database",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of NC_Database, ligands as synthesised, functional not stated",
        ),
        Method(
            name="dft-nc-database-sch3",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of NC_Database with every ligand replaced by SCH3, functional not stated",
        ),
        Method(
            name="delta-scf-nc-database",
            targets=_CHARGED,
            measured=False,
            description="total energies of neighbouring charges in NC_Database, ligands as synthesised",
        ),
        Method(
            name="delta-scf-nc-database-sch3",
            targets=_CHARGED,
            measured=False,
            description="total energies of neighbouring charges in NC_Database, every ligand SCH3",
        ),
        Method(
            name="delta-scf-ausr-sch3",
            targets=_CHARGED,
            measured=False,
            description="total energies of neighbouring charges in the ausr set, every ligand SCH3",
        ),
        Method(
            name="ip-ea-nc-database",
            targets=("gap",),
            measured=False,
            description="ionisation energy less electron affinity in NC_Database, ligands as synthesised",
        ),
        Method(
            name="ip-ea-nc-database-sch3",
            targets=("gap",),
            measured=False,
            description="ionisation energy less electron affinity in NC_Database, every ligand SCH3",
        ),
        Method(
            name="dft-ausr-sch3",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of the ausr set, every ligand SCH3, functional not stated",
        ),
        Method(
            name="ip-ea-ausr-sch3",
            targets=("gap",),
            measured=False,
            description="ionisation energy less electron affinity in the ausr set, every ligand SCH3",
        ),
        Method(
            name="tddft-ausr-sch3",
            targets=("gap",),
            measured=False,
            description="first TDDFT transition of the ausr set, every ligand SCH3, functional not stated",
        ),
        Method(
            name="dft-mbe-tmc",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of the mbe_tmc set, functional not stated with the data",
        ),
        Method(
            name="dft-pholed-triplet",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of the pholed set at the geometry of the triplet",
        ),
        Method(
            name="dft-tpssh-def2svp",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of tmQM, TPSSh-D3BJ/def2-SVP at the GFN2-xTB geometry",
        ),
        Method(
            name="dft-b3lyp-631g2dfp",
            targets=("gap",),
            measured=False,
            description="Kohn-Sham gap of QM9, B3LYP/6-31G(2df,p)",
        ),
        Method(name="measured", targets=_LUMINESCENCE, measured=True, description="photoluminescence experiment"),
    )
}
"""Methods that are always there, by name. A new one is one entry here."""

OWN_METHODS: dict[tuple[str, str], Method] = {}
"""Methods that `mlcluster.labels.own_targets` has registered, by target and name."""


def methods_of(target: str) -> tuple[str, ...]:
    """Names of the methods of a target, the usual one first."""
    get_target(target)
    own = (name for of, name in OWN_METHODS if of == target)
    return (*(name for name, method in METHODS.items() if target in method.targets), *own)


def check_method(target: str, method: str) -> None:
    """Refuse a method that is unknown or does not belong to the target.

    Raises
    ------
    DataError
        Naming what was found and the methods of that target.
    """
    valid = methods_of(target)
    if method in valid:
        return
    near = get_close_matches(method, valid, n=1)
    raise DataError(
        f"unknown method for {target}.",
        found=method or "no method",
        expected=", ".join(valid),
        hint=f"Did you mean {near[0]}?" if near else f"One of your own is declared under targets.{target}.methods.",
    )


@dataclass(frozen=True, order=True)
class Channel:
    """Target and method of one model output.

    Raises
    ------
    DataError
        If the target is unknown or does not have the method.

    Examples
    --------
    >>> Channel.parse("gap:gfn1-xtb").key
    'gap:gfn1-xtb'
    """

    target: str
    method: str

    def __post_init__(self) -> None:
        get_target(self.target)
        check_method(self.target, self.method)

    @property
    def key(self) -> str:
        """``target:method``."""
        return f"{self.target}:{self.method}"

    @property
    def definition(self) -> Target:
        """Unit, bounds and transform of the target."""
        return get_target(self.target)

    @property
    def how(self) -> Method:
        """The method, as it is meant for this target."""
        return OWN_METHODS.get((self.target, self.method)) or METHODS[self.method]

    @classmethod
    def parse(cls, text: str) -> Channel:
        """Channel written as ``target:method``."""
        target, separator, method = text.partition(":")
        if not separator:
            raise DataError(
                "a channel names target and method.", found=text, expected="target:method, e.g. gap:optical"
            )
        return cls(target.strip(), method.strip())
