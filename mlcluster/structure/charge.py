"""Charge of a cluster: as stated, else from the moiety formula, else from the counter-ions; otherwise unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcluster.chem.elements import METALS, NUMBERS
from mlcluster.chem.formula import hill_formula, parse_formula, split_charge
from mlcluster.chem.species import SPECIES
from mlcluster.errors import InputError
from mlcluster.structure.report import Dropped, Report

SOLVENT_ELEMENTS = frozenset("C H N O".split())
"""A solvent mask that took out nothing but these most likely took out no ion."""


@dataclass(frozen=True)
class Moiety:
    """One part of a moiety formula: how many, of what, and with which charge (None when no sign is written)."""

    count: float
    counts: dict[str, float]
    charge: int | None


def parse_moiety(text: str) -> list[Moiety]:
    """Parts of a CIF moiety formula; parts that are no formula are left out.

    >>> [(m.count, m.charge) for m in parse_moiety("C180 H150 Ag12 Au13 Cl8 P10 1+, F6 Sb 1-, 2(C H2 Cl2)")]
    [(1.0, 1), (1.0, -1), (2.0, None)]
    """
    parts = []
    for part in text.replace(";", ",").split(","):
        word = part.strip()
        leading = re.match(r"^(\d+(?:\.\d+)?)\s*(?=[(\[{])", word)
        count = float(leading[1]) if leading else 1.0
        body, charge = split_charge(word[leading.end() :] if leading else word)
        if leading and charge is None and body[:1] in "([{" and body[-1:] in ")]}":
            body, charge = split_charge(body[1:-1])
        try:
            counts, _ = parse_formula(body)
        except InputError:
            continue
        if counts:
            parts.append(Moiety(count, counts, charge))
    return parts


def resolve_charge(
    *,
    stated: int | None,
    total: int | None,
    moiety: str | None,
    counts: Mapping[str, int],
    dropped: Sequence[Dropped],
    n_clusters: int,
    n_kinds: int,
    missing: Mapping[str, float] | None = None,
    report: Report,
) -> int | None:
    """Charge of one cluster, or None with a warning when nothing decides it.

    Parameters
    ----------
    stated
        Charge given by the user.
    total
        Charge the file states for everything in it.
    moiety
        Moiety formula of the file.
    counts
        Atoms of each element of the cluster.
    dropped
        The other fragments of the cell, with the charge of each recognised one.
    n_clusters, n_kinds
        Clusters in the cell, and how many of them differ (mirror images count as one kind).
    missing
        Atoms of each element in one cell that the stated formula has and the list of atoms has not: a solvent mask
        takes anions out of the list as well.
    """
    carried = sum(d.count * d.occupancy * d.charge for d in dropped if d.charge)
    ions = round(carried)
    unnamed = [d.formula for d in dropped if d.charge is None]
    whole = abs(carried - ions) < 0.05
    found = _from_ions(ions, n_clusters) if not unnamed and n_kinds == 1 and whole else None
    if stated is not None:
        return _agreed(stated, found if ions else None, "the charge given", report)
    if total is not None and not unnamed and n_clusters == 1 and whole:
        return total - ions
    parts = parse_moiety(moiety) if moiety else []
    own = _own_charge(parts, counts)
    if own is not None:
        return _agreed(own, found if ions else None, "the moiety formula", report)
    named = _from_named_ions(parts, counts)
    if named is not None and (missing or not ions or found is None):
        charge, ions_named = named
        if charge != found:
            text = f"charge {charge:+d} follows from the ions of the moiety formula: {ions_named}."
            report.add("info", "charge_from_ions", text)
        return _agreed(charge, found if ions else None, "the moiety formula", report)
    if ions and found is not None and not _may_hold_ions(missing):
        names = ", ".join(f"{d.count} {d.why}" for d in dropped if d.charge)
        report.add("info", "charge_from_ions", f"charge {found:+d} follows from the counter-ions in the cell: {names}.")
        return found
    signed = any(part.charge is not None for part in parts)
    if parts and not signed and not ions and not unnamed and not _may_hold_ions(missing):
        text = "no charge in the moiety formula and no ion in the cell: 0 is taken. State --charge if that is wrong."
        report.add("warning", "charge_assumed_zero", text)
        return 0
    why = "the file states none"
    if unnamed:
        why = f"the cell holds fragments that may be ions ({', '.join(unnamed[:4])})"
    elif _may_hold_ions(missing):
        lacking = hill_formula({e: round(n, 1) for e, n in (missing or {}).items()})
        why = f"the stated formula has atoms that are not in the list and may be ions ({lacking} in the cell)"
    elif ions:
        why = f"the ions in the cell ({carried:+g}) do not divide over {n_clusters} clusters of {n_kinds} kinds"
    report.add("warning", "charge_unknown", f"charge unknown: {why}. State it with --charge or a manifest.")
    return None


def _from_ions(ions: int, n_clusters: int) -> int | None:
    return -ions // n_clusters if ions % n_clusters == 0 else None


def _agreed(charge: int, found: int | None, where: str, report: Report) -> int:
    if found is not None and found != charge:
        text = f"{where} says {charge:+d}, the counter-ions in the cell balance {found:+d}; {charge:+d} is kept."
        report.add("warning", "charge_conflict", text)
    return charge


def _own_charge(parts: Sequence[Moiety], counts: Mapping[str, int]) -> int | None:
    """Charge of the part that is the cluster: equal in every element but hydrogen, which files often miscount."""
    heavy = {e: n for e, n in counts.items() if e != "H"}
    for part in parts:
        if part.charge is not None and {e: n for e, n in part.counts.items() if e != "H"} == heavy:
            return part.charge
    return None


def _from_named_ions(parts: Sequence[Moiety], counts: Mapping[str, int]) -> tuple[int, str] | None:
    """Charge that balances the other parts of a moiety formula, and those parts; None unless all are known."""
    metals = {e: n for e, n in counts.items() if NUMBERS[e] in METALS}
    own = [part for part in parts if metals and {e: n for e, n in part.counts.items() if e in metals} == metals]
    if len(own) != 1 or own[0].count <= 0:
        return None
    total, names = 0.0, []
    for part in parts:
        if part is own[0]:
            continue
        charge = part.charge if part.charge is not None else _known_charge(part.counts)
        if charge is None:
            return None
        if charge:
            total += part.count * charge
            names.append(f"{part.count:g} {hill_formula(part.counts)}")
    balance = -total / own[0].count
    return (round(balance), ", ".join(names)) if names and abs(balance - round(balance)) < 0.01 else None


def _known_charge(counts: Mapping[str, float]) -> int | None:
    """Charge of the only kind of ion or solvent with this composition."""
    charges = {species.charge for species in SPECIES if species.counts == counts}
    return charges.pop() if len(charges) == 1 else None


def _may_hold_ions(missing: Mapping[str, float] | None) -> bool:
    """Whether atoms left out of the list make up an ion that is no mere part of a solvent.

    Ions of carbon, hydrogen, nitrogen and oxygen alone look like solvent, and chloride beside carbon like a chlorinated
    one.
    """
    lacking = {e: n for e, n in (missing or {}).items() if n > 0.5}
    for species in SPECIES:
        heavy = {e: n for e, n in species.counts.items() if e != "H"}
        telling = set(heavy) - SOLVENT_ELEMENTS - ({"Cl"} if "C" in lacking else set())
        if species.charge and telling and all(lacking.get(e, 0.0) > n - 0.5 for e, n in heavy.items()):
            return True
    return False


def check_parity(n_electrons: int | None, multiplicity: int | None, report: Report) -> None:
    """Say so when an odd number of electrons stands without a multiplicity: it is no singlet."""
    if n_electrons is not None and n_electrons % 2 and multiplicity is None:
        text = f"{n_electrons} electrons, an odd number: open-shell, at least a doublet. State --multiplicity."
        report.add("warning", "odd_electrons", text)
