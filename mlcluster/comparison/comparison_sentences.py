"""What the shapes, predictions and measurements of two clusters say, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlcluster.comparison.measured import MeasuredValue
from mlcluster.comparison.origin import Origin
from mlcluster.comparison.property_differences import SAME_FORMULA, PropertyDifference
from mlcluster.labels.methods import Channel
from mlcluster.prediction.prediction import Prediction, quantity_of
from mlcluster.units import interval_text, number_text

_MODELS = {"calculation": "calculation level", "network": "network", "formula": "model of formulas"}


def shape_sentences(facts_a: Mapping[str, Any], facts_b: Mapping[str, Any]) -> list[str]:
    """What differs in the kernel, the turn of its ends and the bridging of halides."""
    a, b = facts_a["shape"], facts_b["shape"]
    sentences = []
    if a["kernel"] != b["kernel"]:
        named = [shape["kernel"] or "not recognised" for shape in (a, b)]
        sentences.append(f"Kernel: {named[0]} in A, {named[1]} in B.")
    elif a["kernel"]:
        sentences.append(f"Kernel of both: {a['kernel']}.")
    if a["twist"] is not None and b["twist"] is not None:
        # A twist is known modulo the fivefold symmetry of the ends, and its sign with the helical sense of the rod.
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


def property_sentences(
    properties: Sequence[PropertyDifference],
    origin: Origin,
    measured: Sequence[MeasuredValue],
    predictions: Sequence[Sequence[Prediction]],
) -> list[str]:
    """One sentence per property, its largest contributions, measurements, extrapolations, ligands cut down."""
    sentences = []
    for row in (row for row in properties if row.interval != "none"):
        sentences.append(property_sentence(row))
        if row.basis == "network":
            sentences.append(_origin_sentence(row, origin))
    blind = [quantity_of(row.target, row.method, row.basis) for row in properties if row.interval == "none"]
    if blind:
        sentences.append(f"{'; '.join(blind)}: {SAME_FORMULA}: not resolved.")
    if measured:
        names = dict.fromkeys(f"{value.side.upper()} {value.record} ({value.match})" for value in measured)
        sentences.append(f"Measured, shown apart and part of no prediction: {', '.join(names)}.")
    for name, part in zip("AB", predictions, strict=True):
        for who in dict.fromkeys(map(_model_of, part)):
            reasons = dict.fromkeys(reason for p in part if _model_of(p) == who for reason in p.reasons)
            if reasons:
                sentences.append(f"{name} lies outside what the {who} has seen: {'; '.join(reasons)}.")
        for reason in dict.fromkeys(p.not_calculated for p in part if p.not_calculated):
            sentences.append(f"{name} was not calculated: {reason}")
        for who, note in dict.fromkeys((_model_of(p), p.note) for p in part if p.note):
            sentences.append(f"{name} as the {who} saw it: {note}; what else the ligands do is in none of its numbers.")
    return sentences


def _model_of(prediction: Prediction) -> str:
    """Who predicted it, in words; each method of the calculation level has seen clusters of its own."""
    method = f" for {prediction.method}" if prediction.basis == "calculation" else ""
    return f"{_MODELS[prediction.basis]}{method}"


def property_sentence(row: PropertyDifference) -> str:
    """Difference, interval and verdict of one property."""
    step = number_text(row.difference, row.unit, signed=True)
    interval = interval_text(row.lower, row.upper, row.unit)
    verdict = "resolved" if row.resolved else "not resolved"
    quantity = quantity_of(row.target, row.method, row.basis)
    if row.basis == "calculation":
        size = number_text(abs(row.difference), row.unit)
        larger = f"{'B' if row.difference > 0 else 'A'} has the larger one, by {size} {row.unit}"
        return (
            f"{quantity}: {larger if row.difference else 'equal'}; {row.level:.0%} interval of B - A {interval}, "
            f"probability of an increase {row.p_increase:.2f}: {verdict} ({row.note})."
        )
    return (
        f"{quantity}: {step} {row.unit} from A to B, {row.level:.0%} interval {interval}, "
        f"probability of an increase {row.p_increase:.2f}: {verdict} ({row.note})."
    )


def _origin_sentence(row: PropertyDifference, origin: Origin) -> str:
    channel = Channel(row.target, row.method)
    terms = sorted(origin.terms[channel.key], key=lambda term: -abs(term["difference"]))[:3]
    listed = ", ".join(f"{term['term'].replace('_', ' ')} {term['difference']:+.3f}" for term in terms)
    unit = channel.definition.transform.model_unit
    return f"Of this difference the model assigns, in {unit}: {listed}."
