"""Counter-ions and solvents met in cluster crystals, recognised by formula and by the skeleton of heavy atoms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlcluster.chem.formula import parse_formula


@dataclass(frozen=True)
class Species:
    """One counter-ion or solvent.

    Parameters
    ----------
    name, formula, charge
        Common name, formula and charge.
    skeleton
        Number of heavy neighbours of each heavy atom, as sorted "element+count" words; tells isomers apart and
        recognises a solvent whose hydrogens are missing or wrong. Empty when the heavy formula is enough.
    """

    name: str
    formula: str
    charge: int
    skeleton: str = ""
    counts: dict[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", parse_formula(self.formula)[0])

    @property
    def kind(self) -> str:
        """``"ion"`` or ``"solvent"``."""
        return "ion" if self.charge else "solvent"


_IONS: list[tuple] = [
    ("hexafluoroantimonate", "SbF6", -1),
    ("hexafluorophosphate", "PF6", -1),
    ("hexafluoroarsenate", "AsF6", -1),
    ("tetrafluoroborate", "BF4", -1),
    ("tetraphenylborate", "C24H20B", -1),
    ("tetrakis(pentafluorophenyl)borate", "C24BF20", -1),
    ("BArF", "C32H12BF24", -1),
    ("perchlorate", "ClO4", -1),
    ("nitrate", "NO3", -1),
    ("sulfate", "SO4", -2),
    ("hydrogensulfate", "HSO4", -1),
    ("triflate", "CF3SO3", -1),
    ("trifluoroacetate", "C2F3O2", -1),
    ("triflimide", "C2F6NO4S2", -1),
    ("acetate", "C2H3O2", -1),
    ("thiocyanate", "SCN", -1),
    ("azide", "N3", -1),
    ("borohydride", "BH4", -1),
    ("fluoride", "F", -1),
    ("chloride", "Cl", -1),
    ("bromide", "Br", -1),
    ("iodide", "I", -1),
    ("triiodide", "I3", -1),
    ("dichloroaurate", "AuCl2", -1),
    ("dibromoaurate", "AuBr2", -1),
    ("tetrachloroaurate", "AuCl4", -1),
    ("tetrabromoaurate", "AuBr4", -1),
    ("dicyanoaurate", "AuC2N2", -1),
    ("lithium", "Li", 1),
    ("sodium", "Na", 1),
    ("potassium", "K", 1),
    ("rubidium", "Rb", 1),
    ("caesium", "Cs", 1),
    ("ammonium", "NH4", 1),
    ("tetramethylammonium", "C4H12N", 1, "C1*4 N4"),
    ("tetraethylammonium", "C8H20N", 1, "C1*4 C2*4 N4"),
    ("tetrabutylammonium (TBA)", "C16H36N", 1, "C1*4 C2*12 N4"),
    ("tetraoctylammonium (TOA)", "C32H68N", 1, "C1*4 C2*28 N4"),
    ("cetyltrimethylammonium (CTA)", "C19H42N", 1, "C1*4 C2*15 N4"),
    ("triethylammonium", "C6H16N", 1, "C1*3 C2*3 N3"),
    ("tetraphenylphosphonium", "C24H20P", 1, "C2*20 C3*4 P4"),
    ("methyltriphenylphosphonium", "C19H18P", 1, "C1 C2*15 C3*3 P4"),
    ("PPN", "C36H30NP2", 1),
]
_SOLVENTS: list[tuple] = [
    ("water", "H2O"),
    ("ammonia", "H3N"),
    ("hydrogen sulfide", "H2S"),
    ("phosphine", "H3P"),
    ("carbon monoxide", "CO", "C1 O1"),
    ("furan", "C4H4O", "C2*4 O2"),
    ("methanol", "CH4O", "C1 O1"),
    ("ethanol", "C2H6O", "C1 C2 O1"),
    ("isopropanol", "C3H8O", "C1*2 C3 O1"),
    ("acetone", "C3H6O", "C1*2 C3 O1"),
    ("acetonitrile", "C2H3N", "C1 C2 N1"),
    ("dichloromethane", "CH2Cl2"),
    ("chloroform", "CHCl3"),
    ("carbon tetrachloride", "CCl4"),
    ("1,2-dichloroethane", "C2H4Cl2", "C2*2 Cl1*2"),
    ("toluene", "C7H8", "C1 C2*5 C3"),
    ("benzene", "C6H6", "C2*6"),
    ("xylene", "C8H10", "C1*2 C2*4 C3*2"),
    ("chlorobenzene", "C6H5Cl", "C2*5 C3 Cl1"),
    ("1,2-dichlorobenzene", "C6H4Cl2", "C2*4 C3*2 Cl1*2"),
    ("fluorobenzene", "C6H5F", "C2*5 C3 F1"),
    ("pentane", "C5H12", "C1*2 C2*3"),
    ("hexane", "C6H14", "C1*2 C2*4"),
    ("heptane", "C7H16", "C1*2 C2*5"),
    ("octane", "C8H18", "C1*2 C2*6"),
    ("cyclohexane", "C6H12", "C2*6"),
    ("tetrahydrofuran", "C4H8O", "C2*4 O2"),
    ("diethyl ether", "C4H10O", "C1*2 C2*2 O2"),
    ("methyl tert-butyl ether", "C5H12O", "C1*4 C4 O2"),
    ("1,4-dioxane", "C4H8O2", "C2*4 O2*2"),
    ("ethyl acetate", "C4H8O2", "C1*2 C2 C3 O1 O2"),
    ("dimethylformamide", "C3H7NO", "C1*2 C2 N3 O1"),
    ("dimethylacetamide", "C4H9NO", "C1*3 C3 N3 O1"),
    ("dimethyl sulfoxide", "C2H6OS", "C1*2 O1 S3"),
    ("pyridine", "C5H5N", "C2*5 N2"),
    ("carbon disulfide", "CS2", "C2 S1*2"),
]
SPECIES = tuple(Species(*row) for row in _IONS) + tuple(Species(row[0], row[1], 0, *row[2:]) for row in _SOLVENTS)
"""Everything recognised, ions before solvents. Add a row to teach a new one."""


def skeleton(elements: list[str], heavy_neighbours: list[int]) -> str:
    """Skeleton word of heavy atoms, as in `Species.skeleton`.

    >>> skeleton(["C", "C", "N"], [1, 2, 1])
    'C1 C2 N1'
    """
    words: dict[str, int] = {}
    for word in sorted(f"{e}{n}" for e, n in zip(elements, heavy_neighbours, strict=True)):
        words[word] = words.get(word, 0) + 1
    return " ".join(word if n == 1 else f"{word}*{n}" for word, n in words.items())


def recognise(counts: Mapping[str, int], bones: str) -> tuple[Species, bool] | None:
    """The species a fragment is, and whether its hydrogens agree; None if it is none of them.

    Parameters
    ----------
    counts
        Atoms of each element of the fragment.
    bones
        Its `skeleton`.
    """
    heavy = {e: n for e, n in counts.items() if e != "H"}
    fitting = [
        s
        for s in SPECIES
        if {e: n for e, n in s.counts.items() if e != "H"} == heavy and (not s.skeleton or s.skeleton == bones)
    ]
    if not fitting:
        return None
    hydrogens = counts.get("H", 0)
    best = min(fitting, key=lambda s: abs(s.counts.get("H", 0) - hydrogens))
    exact = best.counts.get("H", 0) == hydrogens
    # Hydrogens may be missing altogether or a few off; one heavy atom then says too little to stand for a charge.
    near = not hydrogens or abs(best.counts.get("H", 0) - hydrogens) <= max(2, 0.25 * best.counts.get("H", 0))
    return (best, exact) if exact or near and (not best.charge or sum(heavy.values()) > 1) else None
