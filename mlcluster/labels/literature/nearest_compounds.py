"""The known compounds nearest to a cluster, by composition, electrons, ligand classes and kernel, and what differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.kernel import kernel_name
from mlcluster.chem.cluster_formula import ClusterFormula
from mlcluster.chem.elements import SYMBOLS
from mlcluster.chem.ligands import LIGANDS
from mlcluster.labels.literature.composition import Composition, recount_electrons
from mlcluster.labels.literature.measurements import ClusterRecord

_SHAPES = ("bi-?icosahedr", "icosahedr", "cuboctahedr", "octahedr", "tetrahedr", "cubane", "fcc", "bcc", "hcp", "rod")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What clusters are compared by.

    Parameters
    ----------
    metals, ligands
        Atoms by element, ligands by name; a number that is not known is left out of `ligands`.
    kinds
        Class of each ligand name, also of those whose number is not known.
    charge, electrons
        In e, and of the superatom; None where they are not known.
    kernel
        In words; empty where nothing is said of it.
    remark
        Words behind the formula, which say what was done to the compound.
    """

    metals: Counter[str]
    ligands: Counter[str]
    kinds: dict[str, str]
    charge: int | None = None
    electrons: int | None = None
    kernel: str = ""
    remark: str = ""

    @property
    def classes(self) -> Counter[str]:
        """Ligands of each class."""
        total: Counter[str] = Counter()
        for name, n in self.ligands.items():
            total[self.kinds[name]] += n
        return total


def profile_of_formula(formula: ClusterFormula, charge: int | None = None) -> Profile:
    """Profile of a formula; `charge` is used where it states none."""
    known = formula.charge if formula.charge is not None else charge
    return _profile(Composition(metals=formula.metals, ligands=dict(formula.ligands), charge=known))


def profile_of_record(record: ClusterRecord) -> Profile | None:
    """Profile of a compound of a table; None where its metals are not known."""
    composition = record.composition
    if composition.metals is None:
        return None
    remark = composition.formula.remark if composition.formula is not None else ""
    return _profile(composition, record.electrons, record.kernel, remark)


def profile_of_structure(anatomy: Anatomy) -> Profile:
    """Profile of a structure; ligands that the dictionary lacks go by their formulas."""
    names = anatomy.ligand_names
    kinds = {
        name: LIGANDS[name].kind if name in LIGANDS else ligand.kind.split("+")[0]
        for name, ligand in zip(names, anatomy.ligands, strict=True)
    }
    return Profile(
        metals=Counter(SYMBOLS[z] for z in anatomy.cluster.numbers[anatomy.metal].tolist()),
        ligands=Counter(names),
        kinds=kinds,
        charge=anatomy.cluster.charge,
        electrons=anatomy.valence_electrons,
        kernel=kernel_name(anatomy) or "",
    )


def _profile(composition: Composition, electrons: int | None = None, kernel: str = "", remark: str = "") -> Profile:
    counted = recount_electrons(composition).count
    return Profile(
        metals=Counter(composition.metals),
        ligands=Counter({name: n for name, n in composition.ligands.items() if n}),
        kinds={name: LIGANDS[name].kind for name in composition.ligands},
        charge=composition.charge,
        electrons=counted if counted is not None else electrons,
        kernel=kernel,
        remark=remark,
    )


def nearest_compounds(asked: Profile, records: Iterable[ClusterRecord], most: int) -> list[tuple[ClusterRecord, str]]:
    """The nearest compounds with what differs in words; equally near ones stay in the order of the table."""
    known = [(record, profile) for record in records if (profile := profile_of_record(record)) is not None]
    known.sort(key=lambda pair: distance(asked, pair[1]))
    return [(record, differences(asked, profile)) for record, profile in known[:most]]


def distance(a: Profile, b: Profile) -> float:
    """How much would have to be changed to make B of A: an order to read compounds in, not a measured quantity.

    Metal atoms and ligands of another class count one each, every ligand that only one of them names one half, a pair
    of electrons one, a charge a quarter, another shape of kernel one; what is not known of either counts one half.
    """
    metals = _exchanged(a.metals, b.metals)
    open_numbers = a.ligands.keys() != a.kinds.keys() or b.ligands.keys() != b.kinds.keys()
    classes = _exchanged(a.classes, b.classes)
    if open_numbers:
        classes = 0.5 + len(set(a.kinds.values()) ^ set(b.kinds.values()))
    names = 0.5 * len(a.kinds.keys() ^ b.kinds.keys())
    electrons = 0.5 if a.electrons is None or b.electrons is None else abs(a.electrons - b.electrons) / 2
    charge = 0.5 if a.charge is None or b.charge is None else abs(a.charge - b.charge) / 4
    shapes = kernel_shapes(a.kernel), kernel_shapes(b.kernel)
    kernel = 0.5 if not all(shapes) else float(not shapes[0] & shapes[1])
    return metals + classes + names + electrons + charge + kernel


def kernel_shapes(words: str) -> frozenset[str]:
    """Shapes that words about a kernel name.

    >>> sorted(kernel_shapes("vertex-sharing biicosahedral Au7Ag6")), sorted(kernel_shapes("prolate"))
    (['biicosahedr'], [])
    """
    found, rest = set(), words.lower()
    for shape in _SHAPES:
        rest, times = re.subn(shape, " ", rest)
        if times:
            found.add(shape.replace("-?", ""))
    return frozenset(found)


def differences(asked: Profile, other: Profile) -> str:
    """What a known compound has that the one asked for has not, in words.

    >>> from mlcluster.chem.cluster_formula import parse_cluster_formula
    >>> profiles = [profile_of_formula(parse_cluster_formula(text)) for text in ("[Au22(SG)18]0", "[Au25(PET)18]-")]
    >>> differences(*profiles)
    'Au25 in place of Au22; PET in place of SG (both thiolate); 8 electrons, not 4; charge -1, not 0'
    """
    parts = []
    if asked.metals != other.metals:
        parts.append(f"{_symbols(other.metals)} in place of {_symbols(asked.metals)}")
    parts += _ligand_difference(asked, other)
    if asked.electrons is not None and other.electrons is not None and asked.electrons != other.electrons:
        parts.append(f"{other.electrons} electrons, not {asked.electrons}")
    if asked.charge != other.charge:
        charges = ["not stated" if q is None else f"{q:+d}" if q else "0" for q in (other.charge, asked.charge)]
        parts.append(f"charge {charges[0]}" + ("" if asked.charge is None else f", not {charges[1]}"))
    if other.kernel and other.kernel != asked.kernel:
        here = f" (here {asked.kernel})" if asked.kernel else ""
        parts.append(f"kernel: {other.kernel}{here}")
    if other.remark and other.remark != asked.remark:
        parts.append(f"the record says: {other.remark}")
    return "; ".join(parts) or "nothing that formula, charge and kernel tell"


def _ligand_difference(asked: Profile, other: Profile) -> list[str]:
    if not other.kinds:
        return ["ligands not stated"]
    if asked.ligands == other.ligands:
        return []
    if asked.ligands.keys() == other.ligands.keys() == other.kinds.keys():
        changed = [name for name, n in other.ligands.items() if n != asked.ligands[name]]
        return [f"{other.ligands[name]} {name}, not {asked.ligands[name]}" for name in changed]
    more, fewer = other.ligands - asked.ligands, asked.ligands - other.ligands
    kinds = {other.kinds[name] for name in more} | {asked.kinds[name] for name in fewer}
    if asked.classes == other.classes and len(kinds) == 1:
        return [f"{' and '.join(more)} in place of {' and '.join(fewer)} (both {kinds.pop()})"]
    open_names = [name for name in other.kinds if name not in other.ligands]
    named = _listed(other.ligands) + "".join(f", {name}" for name in open_names)
    return [f"ligands {named.strip(', ')}" + (f" in place of {_listed(asked.ligands)}" if asked.ligands else "")]


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def _symbols(metals: Counter[str]) -> str:
    return "".join(f"{symbol}{n if n > 1 else ''}" for symbol, n in metals.items())


def _exchanged(a: Counter[str], b: Counter[str]) -> float:
    return float(max((a - b).total(), (b - a).total()))
