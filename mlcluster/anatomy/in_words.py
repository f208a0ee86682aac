"""What a cluster is, in a few sentences of plain words, from its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlcluster.chem.elements import METALS, SYMBOLS
from mlcluster.chem.formula import hill_formula

EXACT = 0.005
"""Symmetry measure below which it would be printed as 0.00: a model that has the symmetry."""

_METALS = frozenset(SYMBOLS[z] for z in METALS)
_SUBSETS = {"core": "The body of all metals and donors", "whole": "The whole cluster"}
_CHARGES = {
    "stated": "Its charge is {charge}.",
    "ions": "Its charge is {charge}, as the counter-ions in the crystal balance it.",
    "assumed": "Its charge was taken as 0, as the file names no ion: state it with --charge if that is wrong.",
    "unknown": "Its charge is not known: state it with --charge.",
}


def sentences_of(described: Mapping[str, Any]) -> list[str]:
    """Metals and ligands, charge and electrons, kernel and nearest symmetry.

    Parameters
    ----------
    described
        As of `mlcluster.anatomy.description.describe`; ``"charge_source"``, where it is there, says whether the charge
        is "stated", follows from "ions", was "assumed" or is "unknown".

    Examples
    --------
    >>> sentences_of({"name": "water", "formula": "H2O", "elements": {"H": 2, "O": 1}, "no_cluster": "no metal atom"})
    ['water (H2O) is no metal cluster: it holds no metal atom. Nothing is predicted of it.']
    """
    name = f"{described['name']} ({described['formula']})"
    if described.get("no_cluster"):
        return [f"{name} is no metal cluster: it holds {described['no_cluster']}. Nothing is predicted of it."]
    told = [_what(described, name), _charge(described), _electrons(described), *_kernel(described)]
    return [sentence for sentence in told if sentence]


def _what(described: Mapping[str, Any], name: str) -> str:
    metals = {symbol: n for symbol, n in described["elements"].items() if symbol in _METALS}
    total = sum(metals.values())
    text = f"{name} is a cluster of {total} metal atoms ({hill_formula(metals)})"
    ligands = [f"{group['count']} {_ligand(group)}" for group in described.get("ligands") or ()]
    return f"{text} held by {_listed(ligands)} ligands." if ligands else f"{text} without ligands."


def _ligand(group: Mapping[str, Any]) -> str:
    short = group.get("abbreviation")
    return f"{group['name']} ({short})" if short and short not in (group["name"], group["formula"]) else group["name"]


def _charge(described: Mapping[str, Any]) -> str:
    charge = described.get("charge")
    source = "unknown" if charge is None else described.get("charge_source") or "stated"
    return _CHARGES[source].format(charge="0" if not charge else f"{charge:+d}")


def _electrons(described: Mapping[str, Any]) -> str:
    electrons = described.get("valence_electrons") or {}
    if electrons.get("count") is not None:
        shells = f": {electrons['shells']}" if electrons.get("shells") else ""
        if electrons["count"] % 2:
            shells = ": an odd number, so it is open-shell"
        if electrons["count"] < 0:
            shells = ": fewer than none, as of metals that give more than they are counted with; is the charge right?"
            return f"It has {electrons['count']} valence electrons (superatom count){shells}"
        return f"It has {electrons['count']} valence electrons (superatom count){shells}."
    if electrons.get("low") is not None:
        return f"It has {electrons['low']} to {electrons['high']} valence electrons ({electrons['note']})."
    return f"Valence electrons are {electrons['note']}." if electrons.get("note") else ""


def _kernel(described: Mapping[str, Any]) -> list[str]:
    shape, parts = described.get("shape") or {}, described.get("parts") or {}
    kernel, kind = parts.get("kernel"), shape.get("kernel")
    what = f"Its kernel {kernel}" if kernel else "Its metal core"
    if kind:
        turned = f", {shape['arrangement']}" if shape.get("arrangement") else ""
        what += f" is {_article(kind)}{turned}"
    symmetry = symmetry_in_words(shape)
    of = (shape.get("point_group") or {}).get("of", "kernel")
    if symmetry and of != "kernel":
        told = [f"{what}."] if kind else []
        return [*told, f"{_SUBSETS[of]} is {symmetry}."]
    if not symmetry:
        return [f"{what}."] if kind else []
    return [f"{what}{' and ' if kind else ' is '}{symmetry}."]


def symmetry_in_words(shape: Mapping[str, Any]) -> str:
    """Nearest ideal group with its measure, then the exact one; that alone where too many atoms were not measured.

    >>> group = {"symbol": "D5", "of": "kernel", "tolerance": 0.3}
    >>> symmetry_in_words({"nearest_group": {"symbol": "D5d", "measure": 0.052, "near": True}, "point_group": group})
    'close to D5d (symmetry measure 0.05, 0 is exact); within 0.3 angstrom it keeps D5'
    """
    nearest, exact = shape.get("nearest_group"), shape.get("point_group") or {}
    if not nearest:
        if exact.get("symbol") in (None, "Kh"):
            return ""
        which = "without symmetry" if exact["symbol"] == "C1" else f"of {exact['symbol']} symmetry"
        return f"{which} within {exact['tolerance']:g} angstrom"
    if nearest["near"] and nearest["measure"] < EXACT:
        text = f"of {nearest['symbol']} symmetry"
    elif nearest["near"]:
        text = f"close to {nearest['symbol']} (symmetry measure {nearest['measure']:.2f}, 0 is exact)"
    else:
        text = f"far from every ideal point group; the nearest is {nearest['symbol']} ({nearest['measure']:.2f})"
    if exact.get("symbol") in (None, "Kh", nearest["symbol"]):
        return text
    kept = f"it keeps {exact['symbol']}" if exact["symbol"] != "C1" else "it keeps none"
    return f"{text}; within {exact['tolerance']:g} angstrom {kept}"


def _article(kind: str) -> str:
    if kind[0].isdigit():
        return f"made of {kind}"
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
