"""Descriptors of a cluster from its formula: metals, size, charge, electrons, ligand classes and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import MAJOR_SHELLS
from mlcluster.labels.conditions import ROOM_TEMPERATURE
from mlcluster.levels.formula.formula_record import CLASSES, FormulaRecord

_GROUP_9_10 = ("Ni", "Pd", "Pt", "Rh", "Ir", "Ru")
_UNKNOWN = float("nan")

Descriptor = Callable[[FormulaRecord], float]


def _share(*elements: str) -> Descriptor:
    return lambda record: sum(record.metals.get(e, 0) for e in elements) / record.n_metals


def _minority(record: FormulaRecord) -> float:
    return 1.0 - max(record.metals.values()) / record.n_metals


def _charge_per_metal(record: FormulaRecord) -> float:
    return _UNKNOWN if record.charge is None else record.charge / record.n_metals


def _electrons_per_metal(record: FormulaRecord) -> float:
    return _UNKNOWN if record.electrons is None else record.electrons / record.n_metals


def _without_electrons(record: FormulaRecord) -> float:
    return _UNKNOWN if record.electrons is None else float(record.electrons <= 0)


def _from_closed_shell(record: FormulaRecord) -> float:
    if record.electrons is None:
        return _UNKNOWN
    return min(abs(record.electrons - shell) for shell in (0, *MAJOR_SHELLS)) / max(record.electrons, 1) ** 0.5


def _open_shell(record: FormulaRecord) -> float:
    return _UNKNOWN if record.electrons is None else float(record.electrons % 2)


def _donors(record: FormulaRecord) -> float:
    counts = [ligand.denticity * ligand.count for ligand in record.ligands if ligand.count is not None]
    return float(sum(counts)) if record.ligands and len(counts) == len(record.ligands) else _UNKNOWN


def _donors_per_metal(record: FormulaRecord) -> float:
    return _donors(record) / record.n_metals


def _anionic_per_metal(record: FormulaRecord) -> float:
    return _UNKNOWN if record.n_anionic is None else record.n_anionic / record.n_metals


def _chelating(record: FormulaRecord) -> float:
    counts = [(ligand.denticity, ligand.count) for ligand in record.ligands]
    if not counts or any(count is None for _, count in counts):
        return _UNKNOWN
    return sum(d * (n or 0) for d, n in counts if d > 1) / max(_donors(record), 1.0)


def _class_share(name: str) -> Descriptor:
    def share(record: FormulaRecord) -> float:
        if not record.ligands:
            return _UNKNOWN
        groups = [ligand.group for ligand in record.ligands]
        if len(set(groups)) == 1:  # one class only: its share is known although its number may not be
            return float(groups[0] == name)
        total = _donors(record)
        own = (ligand.denticity * (ligand.count or 0) for ligand in record.ligands if ligand.group == name)
        return sum(own) / total if total else _UNKNOWN

    return share


def _over_ligands(quantity: Callable[[dict[str, float]], float]) -> Descriptor:
    """Mean of a quantity over ligands that hold carbon; unknown where one of them is a class or of unknown number."""

    def mean(record: FormulaRecord) -> float:
        organic = [ligand for ligand in record.ligands if ligand.elements is None or ligand.elements.get("C")]
        if not organic or any(ligand.elements is None for ligand in organic):
            return _UNKNOWN
        weights = [1 if len(organic) == 1 else ligand.count for ligand in organic]
        if None in weights:
            return _UNKNOWN
        values = [quantity(dict(ligand.elements or {})) for ligand in organic]
        return float(np.average(values, weights=np.array(weights, dtype=np.float64)))

    return mean


def _solid(record: FormulaRecord) -> float:
    return float(record.medium is not None and record.medium.is_solid)


def _deaerated(record: FormulaRecord) -> float:
    return float(record.medium is not None and record.medium.oxygen is False)


def _cold(record: FormulaRecord) -> float:
    kelvin = ROOM_TEMPERATURE if record.temperature_k is None else record.temperature_k
    return max(ROOM_TEMPERATURE - kelvin, 0.0) / ROOM_TEMPERATURE


_SIZE: dict[str, Descriptor] = {
    "log2 metal atoms": lambda record: float(np.log2(record.n_metals)),
    "share of Ag": _share("Ag"),
    "share of Cu": _share("Cu"),
    "share of group 9 and 10": _share(*_GROUP_9_10),
    "share of minority metals": _minority,
    "charge per metal": _charge_per_metal,
}
_ELECTRONS: dict[str, Descriptor] = {
    "electrons per metal": _electrons_per_metal,
    "no superatom electron": _without_electrons,
    "distance to a closed shell": _from_closed_shell,
    "odd number of electrons": _open_shell,
}
_CONDITIONS: dict[str, Descriptor] = {
    "solid": _solid,
    "deaerated": _deaerated,
    "below room temperature": _cold,
}
_LIGANDS: dict[str, Descriptor] = {
    "donors per metal": _donors_per_metal,
    "anionic charge per metal": _anionic_per_metal,
    "share of chelating donors": _chelating,
    **{f"share of {name}": _class_share(name) for name in CLASSES},
    "log2 carbon atoms a ligand": _over_ligands(lambda e: float(np.log2(e["C"]))),
    "hydrogen per carbon": _over_ligands(lambda e: e.get("H", 0.0) / e["C"]),
    "N and O per carbon": _over_ligands(lambda e: (e.get("N", 0.0) + e.get("O", 0.0)) / e["C"]),
}

DESCRIPTORS: dict[str, Descriptor] = _SIZE | _ELECTRONS | _CONDITIONS | _LIGANDS
"""Descriptors by name; each gives NaN where the record does not tell it."""

SETS: dict[str, tuple[str, ...]] = {
    "metals and charge": tuple(_SIZE | _CONDITIONS),
    "metals, charge and electrons": tuple(_SIZE | _ELECTRONS | _CONDITIONS),
    "all": tuple(DESCRIPTORS),
}
"""Sets of descriptors that a fit chooses from."""


def describe(records: Iterable[FormulaRecord]) -> NDArray[np.float64]:
    """Descriptors of N records, (N, D) in the order of `DESCRIPTORS`; NaN where a record does not tell one."""
    rows = [[descriptor(record) for descriptor in DESCRIPTORS.values()] for record in records]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(DESCRIPTORS))


def columns(names: Iterable[str]) -> list[int]:
    """Columns of `describe` that hold these descriptors."""
    order = list(DESCRIPTORS)
    return [order.index(name) for name in names]
