"""What differs in structure between two clusters, in words and in rows."""

from __future__ import annotations

from typing import Any

COUNT = ""
"""Unit of a plain number of things."""


def shape_sentences(facts_a: dict[str, Any], facts_b: dict[str, Any]) -> list[str]:
    """What differs in the kernel, the turn of its ends and the bridging of halides."""
    a, b = facts_a["shape"], facts_b["shape"]
    sentences = []
    if a["kernel"] != b["kernel"]:
        named = [shape["kernel"] or "not recognised" for shape in (a, b)]
        sentences.append(f"Kernel: {named[0]} in A, {named[1]} in B.")
    elif a["kernel"]:
        sentences.append(f"Kernel of both: {a['kernel']}.")
    if a["twist"] is not None and b["twist"] is not None:
        # A twist is known modulo the fivefold symmetry of the ends, and its sign changes with the hand of the rod.
        turn = abs(abs(b["twist"]) - abs(a["twist"]))
        if turn >= 1.0:
            sentences.append(
                f"The ends are rotated by {turn:.1f} degrees ({abs(a['twist']):.1f} to {abs(b['twist']):.1f})."
            )
    if a["halide_bridging"] != b["halide_bridging"]:
        modes = sorted({*a["halide_bridging"], *b["halide_bridging"]})
        changed = [
            f"{a['halide_bridging'].get(n, 0)} to {b['halide_bridging'].get(n, 0)} on {n} metal{'s' if n > 1 else ''}"
            for n in modes
            if a["halide_bridging"].get(n, 0) != b["halide_bridging"].get(n, 0)
        ]
        sentences.append(f"Halides: {', '.join(changed)}.")
    return sentences


def structure_rows(a: dict[str, Any], b: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows ``{"quantity", "unit", "a", "b", "difference"}`` of two descriptions; a kind that is absent counts as 0."""
    left, right = _quantities(a), _quantities(b)
    rows = []
    for quantity in _merged(list(left), list(right)):
        (x, unit), (y, _) = (side.get(quantity, (None, (left | right)[quantity][1])) for side in (left, right))
        if unit == COUNT:
            x, y = x if quantity in left else 0, y if quantity in right else 0
        step = None if x is None or y is None else y - x
        rows.append({"quantity": quantity, "unit": unit, "a": x, "b": y, "difference": step})
    return rows


def _merged(left: list[str], right: list[str]) -> list[str]:
    """Both lists in one, what only the second holds behind its own predecessor."""
    merged = list(left)
    for before, quantity in zip([None, *right], right, strict=False):
        if quantity not in merged:
            merged.insert(0 if before is None else merged.index(before) + 1, quantity)
    return merged


def _quantities(facts: dict[str, Any]) -> dict[str, tuple[float | None, str]]:
    values: dict[str, tuple[float | None, str]] = {
        "atoms": (facts["n_atoms"], COUNT),
        "metal atoms": (facts["parts"]["metal"], COUNT),
        "charge": (facts["charge"], "e"),
        "valence electrons": (facts["valence_electrons"]["count"], COUNT),
    }
    for ligand in facts["ligands"]:
        values[f"{ligand['name']} {ligand['formula']}"] = (ligand["count"], COUNT)
    if facts["shape"]["twist"] is not None:
        values["twist of the rod"] = (facts["shape"]["twist"], "degree")
    for n, count in facts["shape"]["halide_bridging"].items():
        values[f"halides on {n} metal{'s' if n > 1 else ''}"] = (count, COUNT)
    for axis, extent in zip(("longest", "middle", "shortest"), facts["shape"]["core_extents"] or (), strict=False):
        values[f"{axis} core extent"] = (extent, "angstrom")
    for pair, distances in facts["shape"]["contacts"].items():
        values[f"{pair} contacts"] = (distances["count"], COUNT)
        values[f"mean {pair}"] = (distances["mean"], "angstrom")
    return values
