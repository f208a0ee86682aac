"""What the predictions and measurements of two clusters say, in words."""

from __future__ import annotations

from collections.abc import Sequence

from mlcluster.comparison.measured import MeasuredValue
from mlcluster.comparison.origin import Origin
from mlcluster.comparison.properties import SAME_FORMULA, PropertyDifference
from mlcluster.labels.methods import Channel
from mlcluster.prediction.prediction import Prediction
from mlcluster.units import interval_text, number_text

_MODELS = {"structure": "network", "formula": "model of formulas"}


def property_sentences(
    properties: Sequence[PropertyDifference],
    origin: Origin,
    measured: Sequence[MeasuredValue],
    predictions: Sequence[Sequence[Prediction]],
) -> list[str]:
    """One sentence a property, its largest contributions, measurements, and warnings of extrapolation."""
    sentences = []
    for row in (row for row in properties if row.interval != "none"):
        sentences.append(property_sentence(row))
        if row.basis == "structure":
            sentences.append(_origin_sentence(row, origin))
    blind = [f"{row.target.replace('_', ' ')} ({row.method})" for row in properties if row.interval == "none"]
    if blind:
        sentences.append(f"{', '.join(blind)}: {SAME_FORMULA}: not resolved.")
    if measured:
        names = dict.fromkeys(f"{value.side.upper()} {value.record} ({value.match})" for value in measured)
        sentences.append(f"Measured, shown apart and part of no prediction: {', '.join(names)}.")
    for name, part in zip("AB", predictions, strict=True):
        for basis in dict.fromkeys(p.basis for p in part):
            reasons = dict.fromkeys(reason for p in part if p.basis == basis for reason in p.reasons)
            if reasons:
                sentences.append(f"{name} lies outside what the {_MODELS[basis]} has seen: {'; '.join(reasons)}.")
    return sentences


def property_sentence(row: PropertyDifference) -> str:
    """Difference, interval and verdict of one property."""
    step = number_text(row.difference, row.unit, signed=True)
    interval = interval_text(row.lower, row.upper, row.unit)
    verdict = "resolved" if row.resolved else "not resolved"
    basis = ", from the formula" if row.basis == "formula" else ""
    name = row.target.replace("_", " ")
    return (
        f"{name} ({row.method}{basis}): {step} {row.unit} from A to B, {row.level:.0%} interval {interval}, "
        f"probability of an increase {row.p_increase:.2f}: {verdict} ({row.note})."
    )


def _origin_sentence(row: PropertyDifference, origin: Origin) -> str:
    channel = Channel(row.target, row.method)
    terms = sorted(origin.terms[channel.key], key=lambda term: -abs(term["difference"]))[:3]
    listed = ", ".join(f"{term['term'].replace('_', ' ')} {term['difference']:+.3f}" for term in terms)
    unit = channel.definition.transform.model_unit
    return f"Of this difference the model assigns, in {unit}: {listed}."
