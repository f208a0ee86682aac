"""Composition of a compound that has a name but no row: ``Au23_SC6H11_16_m1`` is [Au23(SC6H11)16]-."""

from __future__ import annotations

import re

from mlcluster.chem.cluster_formula import parse_cluster_formula
from mlcluster.chem.ligands import LIGANDS, SPELLINGS
from mlcluster.errors import InputError
from mlcluster.labels.literature.composition import Composition

ARRANGEMENTS = frozenset("a b E S Q T C3 Dh fcc hcp ico rod crown butterfly twisted noncompact theory".split())
"""Words of an identifier that tell isomers apart and say nothing about composition."""

_CHARGE = re.compile(r"p(\d)|m(\d)|(-\d)|(0)")
# "S2" inside a name may be part of a ligand (S2POnPr2): chalcogenides are read behind the metals only.
_NAMES = sorted(
    (name for name, known in SPELLINGS.items() if LIGANDS[known].kind not in {"chalcogenide", "carbide"}),
    key=len,
    reverse=True,
)


def composition_from_identifier(identifier: str) -> Composition | None:
    """Composition that an identifier of the table spells, or None where it spells none.

    >>> known = composition_from_identifier("Au21_SC6H11_12_dppm2_p1")
    >>> known.metals, known.ligands, known.charge
    ({'Au': 21}, {'CHT': 12, 'dppm': 2}, 1)
    >>> composition_from_identifier("AuNC_FGGC") is None
    True
    """
    first, *tokens = identifier.split("_")
    try:
        core = parse_cluster_formula(first)
    except InputError:
        return None
    ligands: dict[str, int | None] = dict(core.ligands)
    charge = None
    while tokens:
        token = tokens.pop(0)
        sign = _CHARGE.fullmatch(token)
        if sign is not None:
            charge = int(sign[1] or sign[3] or 0) - int(sign[2] or 0)
            continue
        if token in ARRANGEMENTS:
            continue
        found = _ligands(token)
        if found is None or ligands.keys() & found.keys():
            return None
        last = next(reversed(found))
        if found[last] is None:
            found[last] = int(tokens.pop(0)) if tokens and tokens[0].isdecimal() else 1
        ligands |= found
    return Composition(metals=core.metals, ligands=ligands, charge=charge) if ligands else None


def _ligands(token: str) -> dict[str, int | None] | None:
    """Ligands of a word such as ``dppe5Cl2``; the number of the last is None when none follows it."""
    found: dict[str, int | None] = {}
    while token:
        name = next((name for name in _NAMES if token.startswith(name)), None)
        if name is None or SPELLINGS[name] in found:
            return None
        count = re.match(r"\d*", token[len(name) :])[0]  # type: ignore[index]
        token = token[len(name) + len(count) :]
        if token and not count:
            return None
        found[SPELLINGS[name]] = int(count) if count else None
    return found
