"""The anatomy of two clusters side by side: named quantities with their units and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

COUNT = ""
"""Unit of a plain number of things: a kind that is absent counts as 0."""
WORDS = None
"""Unit of what is no number."""

Quantity = tuple[str, Any, str | None]


def structure_rows(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """The whole anatomy side by side: rows ``{"quantity", "unit", "a", "b", "difference"}``.

    A kind of thing that is absent counts as 0; words have no difference.

    Parameters
    ----------
    a, b
        As `mlcluster.anatomy.description.describe` gives them.
    """
    left, right = quantities(a), quantities(b)
    rows = []
    for quantity in _merged(list(left), list(right)):
        (x, unit), (y, _) = (side.get(quantity, (None, (left | right)[quantity][1])) for side in (left, right))
        if unit == COUNT:
            x, y = 0 if x is None else x, 0 if y is None else y
        numbers = isinstance(x, int | float) and isinstance(y, int | float)
        step = y - x if numbers else None
        rows.append({"quantity": quantity, "unit": unit or "", "a": x, "b": y, "difference": step})
    return rows


def _merged(left: list[str], right: list[str]) -> list[str]:
    """Both lists in one, what only the second holds behind its own predecessor."""
    merged = list(left)
    for before, quantity in zip([None, *right], right, strict=False):
        if quantity not in merged:
            merged.insert(0 if before is None else merged.index(before) + 1, quantity)
    return merged


def quantities(facts: Mapping[str, Any]) -> dict[str, tuple[Any, str | None]]:
    """Value and unit of each quantity, from the whole to the details.

    Parameters
    ----------
    facts
        As `mlcluster.anatomy.description.describe` gives them.
    """
    rows = [*_whole(facts), *_parts(facts), *_shape(facts["shape"]), *_bonds(facts["shape"]), *_packing(facts)]
    return {name: (value, unit) for name, value, unit in rows}


def _whole(facts: Mapping[str, Any]) -> Iterator[Quantity]:
    electrons = facts["valence_electrons"]
    yield "formula", facts["formula"], WORDS
    yield "atoms", facts["n_atoms"], COUNT
    yield "metal atoms", facts["parts"]["metal"], COUNT
    yield "charge", facts["charge"], "e"
    yield "multiplicity", facts["multiplicity"], "2S + 1"
    yield "valence electrons", electrons["count"], "electrons"
    yield "shells", electrons.get("shells") or None, WORDS
    for name, count in (electrons.get("conventions") or {}).items():
        yield f"valence electrons, {name}", count, "electrons"
    if facts["charge"]:
        yield "m/z of the intact ion", _mass_to_charge(facts), "Da/e"


def _mass_to_charge(facts: Mapping[str, Any]) -> float:
    from mlcluster.photophysics.mass_spectrum import mass_to_charge

    return mass_to_charge(facts["elements"], facts["charge"])


def _parts(facts: Mapping[str, Any]) -> Iterator[Quantity]:
    parts = facts["parts"]
    yield "kernel metals", parts.get("kernel"), WORDS
    for name, count in parts.get("counts", {}).items():
        yield f"atoms: {name}", count, COUNT
    for kind in ("staples", "bridges", "on_lattice"):
        for formula, count in parts.get(kind, {}).items():
            yield f"{formula} {'' if kind == 'bridges' else kind.replace('_', ' ')}".strip(), count, COUNT
    for ligand in facts["ligands"]:
        name = ligand.get("abbreviation") or ligand["formula"]
        yield f"{ligand.get('kind', ligand['name'])} {name}", ligand["count"], COUNT
        for mode, count in ligand.get("binding", {}).items():
            yield f"{name} bound through {mode}", count, COUNT


def _shape(shape: Mapping[str, Any]) -> Iterator[Quantity]:
    yield "kernel", shape["kernel"], WORDS
    for name in dict.fromkeys(core["name"] for core in shape["polyhedra"]):
        measures = [core["measure"] for core in shape["polyhedra"] if core["name"] == name]
        yield f"centred {name}", len(measures), COUNT
        yield f"deviation from the {name}, mean", sum(measures) / len(measures), "measure"
    if shape["twist"] is not None:
        yield "twist of the rod", shape["twist"], "degree"
        yield "helical sense of the rod", shape["handedness"] or "none", WORDS
    group = shape["point_group"]
    yield f"point group of the {group['of']}", group["symbol"], WORDS
    for symbol, measure in (shape.get("symmetry_measures") or {}).items():
        yield f"symmetry measure, {symbol}", measure, "measure"
    for n, count in shape["halide_bridging"].items():
        yield f"halides on {n} metal{'s' if int(n) > 1 else ''}", count, COUNT
    for axis, extent in zip(("longest", "middle", "shortest"), shape["core_extents"] or (), strict=False):
        yield f"{axis} core extent", extent, "angstrom"


def _bonds(shape: Mapping[str, Any]) -> Iterator[Quantity]:
    for pair, distances in shape["contacts"].items():
        yield f"{pair} contacts", distances["count"], COUNT
        yield f"mean {pair}", distances["mean"], "angstrom"
    for bond in shape.get("bonds", ()):
        yield f"{bond['pair']} bonds, {bond['part']}", bond["count"], COUNT
        yield f"mean {bond['pair']}, {bond['part']}", bond["mean"], "angstrom"


def _packing(facts: Mapping[str, Any]) -> Iterator[Quantity]:
    packing = facts.get("packing")
    if not packing:
        return
    near = packing["centre_distances"]
    if near:
        yield "nearest cluster in the crystal, centre to centre", near[0], "angstrom"
        yield "twelve nearest clusters, mean", sum(near) / len(near), "angstrom"
    for key, name in (("hydrogen_contacts", "H...H contacts"), ("ch_pi_contacts", "C-H...pi contacts")):
        yield f"{name} with other clusters", packing[key]["count"], COUNT
        yield f"mean of {name} with other clusters", packing[key]["mean"], "angstrom"
