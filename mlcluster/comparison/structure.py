"""What differs in structure between two clusters, in words and in rows."""

from __future__ import annotations

from typing import Any

from mlcluster.comparison.quantities import COUNT, quantities


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
    """The whole anatomy side by side: rows ``{"quantity", "unit", "a", "b", "difference"}``.

    A kind of thing that is absent counts as 0; words have no difference.

    Parameters
    ----------
    a, b
        As `mlcluster.anatomy.inspection.describe` gives them.
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
