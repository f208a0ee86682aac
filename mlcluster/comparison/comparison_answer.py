"""The answer of `compare` in plain words: what differs, what is resolved, what is measured, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.comparison.measured import MeasuredValue, measured_differences
from mlcluster.comparison.property_differences import RATE_UNIT, PropertyDifference
from mlcluster.display import shell_word
from mlcluster.prediction.prediction import Prediction
from mlcluster.prediction.prediction_sentences import AVERAGE, MOST_REASONS, quantity_in_words
from mlcluster.structure.cluster import Cluster
from mlcluster.units import interval_text, number_text

SYMBOLS = {"radiative_rate": "k_r", "nonradiative_rate": "k_nr"}
"""What rates are called in a sentence."""
_LEVELS = {"calculation": "calculation", "network": "network", "formula": "model of formulas"}


def answer(
    clusters: tuple[Cluster, Cluster],
    word: str,
    reason: str,
    properties: Sequence[PropertyDifference],
    measured: Sequence[MeasuredValue],
    predictions: Sequence[Sequence[Prediction]],
) -> list[str]:
    """Sentences: what differs chemically, what is resolved, what is measured, how sure it is, what to do next.

    Parameters
    ----------
    clusters
        A and B.
    word, reason
        How they are related, and why.
    properties, measured, predictions
        As of `mlcluster.comparison.compare.Comparison`.
    """
    names = [Path(cluster.source.path).name if cluster.source.path else cluster.name for cluster in clusters]
    first = f"{word.capitalize()}, from A ({names[0]}) to B ({names[1]}): {reason[:1].lower()}{reason[1:]}"
    return [
        first,
        resolved_sentence(properties),
        measured_sentence(measured),
        *_doubts(predictions),
        f"Next: {_next(clusters, measured, predictions)}",
    ]


def resolved_sentence(properties: Sequence[PropertyDifference]) -> str:
    """Which predicted differences are resolved; those that are not, together.

    Properties whose models know no more than the mean are listed apart, as nothing is known of either value, and so are
    those predicted from a formula that both share.
    """
    resolved = [row for row in properties if row.resolved]
    open_ones = [row for row in properties if not row.resolved and row.informative is not False]
    rest = _kinds(row for row in open_ones if row.interval != "none")
    shared = [kind for kind in _kinds(row for row in open_ones if row.interval == "none") if kind not in rest]
    blind = _kinds(row for row in properties if not row.resolved and row.informative is False)
    blind = [kind for kind in blind if kind not in (*rest, *shared)]
    words = [f"Resolved: {'; '.join(map(_difference, resolved))}."] if resolved else []
    if rest:
        start = "Not resolved" if resolved else "No predicted difference is resolved"
        words.append(f"{start}: the {open_ones[0].level:.0%} intervals of B - A hold zero for {', '.join(rest)}.")
    if shared:
        words.append(f"{_capital(', '.join(shared))}: predicted from the formula, which both share.")
    if blind:
        words.append(f"{_capital(', '.join(blind))}: {AVERAGE}, so that no difference can be told.")
    return " ".join(words) or "No property is predicted for both."


def _kinds(rows: Iterable[PropertyDifference]) -> list[str]:
    """Properties by name, calculated gaps as one."""
    names = (quantity_in_words(row.target, row.method) for row in rows)
    return list(dict.fromkeys(name.partition(" (")[0] if "(optical" not in name else name for name in names))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _difference(row: PropertyDifference) -> str:
    larger, unit = "AB"[row.difference > 0], "" if row.unit == "fraction" else f" {row.unit}"
    return (
        f"{larger} has the larger {quantity_in_words(row.target, row.method)}, by "
        f"{number_text(abs(row.difference), row.unit)}{unit} "
        f"({row.level:.0%} interval of B - A {interval_text(row.lower, row.upper, row.unit)}; "
        f"{_LEVELS.get(row.basis, 'from predicted values')})"
    )


def measured_sentence(values: Sequence[MeasuredValue]) -> str:
    """What was measured on both, as steps; else what is known of either.

    >>> common = dict(record="x", match="stated", target="radiative_rate", method="measured", unit="1/s", bound=None)
    >>> a, b = (MeasuredValue(side=s, value=v, medium=None, source="", **common) for s, v in (("a", 1e5), ("b", 4e4)))
    >>> measured_sentence([a, b])
    'Measured (A x, B x): k_r / 2.5.'
    """
    if not values:
        return "Nothing measured on either is in the literature table."
    steps = measured_differences(values)
    records = {side: list(dict.fromkeys(v.record for v in values if v.side == side)) for side in "ab"}
    if steps:
        of = ", ".join(f"{side.upper()} {names[0]}" for side, names in records.items())
        return f"Measured ({of}): {', '.join(map(step_in_words, steps))}."
    sides = []
    for side, names in records.items():
        if names:
            several = f"{len(names)} known compounds fit, " if len(names) > 1 else ""
            sides.append(f"{side.upper()}: {several}{'; '.join(_record(name, side, values) for name in names[:3])}")
    if records["a"] == records["b"]:
        sides = [sides[0].replace("A: ", "A and B: ", 1)]
    none = "" if all(records.values()) else f" Nothing measured on {'B' if records['a'] else 'A'} is known."
    return f"Measured, {'. '.join(sides)}.{none}"


def _record(name: str, side: str, values: Sequence[MeasuredValue]) -> str:
    own = [v for v in values if (v.side, v.record) == (side, name) and v.target not in SYMBOLS]
    listed = ", ".join(f"{quantity_in_words(v.target, v.method)} {_plain(v.value, v.unit)}" for v in own[:MOST_REASONS])
    return f"{name} ({listed})"


def step_in_words(row: Mapping[str, Any]) -> str:
    """A measured difference: both values, of rates the factor.

    >>> step_in_words({"target": "quantum_yield", "method": "measured", "unit": "fraction", "a": 0.131, "b": 0.4763})
    'quantum yield 13 -> 48 %'
    """
    if row["unit"] == RATE_UNIT:
        factor = row["b"] / row["a"]
        return f"{SYMBOLS[row['target']]} {'x' if factor >= 1 else '/'} {max(factor, 1 / factor):.2g}"
    start = _plain(row["a"], row["unit"]).rsplit(" ", 1)[0]
    return f"{quantity_in_words(row['target'], row['method'])} {start} -> {_plain(row['b'], row['unit'])}"


def _plain(value: float, unit: str) -> str:
    return f"{100 * value:.2g} %" if unit == "fraction" else f"{number_text(value, unit)} {unit}"


def _doubts(predictions: Sequence[Sequence[Prediction]]) -> list[str]:
    """Whether what is compared is an extrapolation, and why there is no calculation; the details have every reason."""
    reasons: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    missing: dict[str, str] = {}
    for name, part in zip("AB", predictions, strict=True):
        for p in part:
            if p.informative is not False and p.reasons:
                names, why = reasons.setdefault(_LEVELS[p.basis], ({}, {}))
                names[name] = None
                why.update(dict.fromkeys(p.reasons))
            if p.not_calculated:
                missing[name] = p.not_calculated
    sentences = []
    for who, (names, why) in reasons.items():
        more = " ..." if len(why) > MOST_REASONS else ""
        shown = "; ".join(list(why)[:MOST_REASONS])
        lie = "lie" if len(names) > 1 else "lies"
        sentences.append(f"{' and '.join(names)} {lie} outside what the {who} has seen ({shown}{more}).")
    if missing:
        first = next(iter(missing.values()))
        sentences.append(f"{' and '.join(missing)} {'were' if len(missing) > 1 else 'was'} not calculated: {first}")
    return sentences


def _next(
    clusters: tuple[Cluster, Cluster], measured: Sequence[MeasuredValue], predictions: Sequence[Sequence[Prediction]]
) -> str:
    files = [cluster.source.path or f"{letter}.cif" for cluster, letter in zip(clusters, "AB", strict=True)]
    command = f"mlcluster compare {' '.join(map(shell_word, files))}"
    open_ones = [v for v in measured if v.match not in ("stated", "matched")]
    if open_ones:
        names = list(dict.fromkeys(v.record for v in open_ones))
        return f"{command} --records {names[0]} {names[-1]}, if A and B are these compounds."
    if any("--max-seconds" in p.not_calculated for part in predictions for p in part):
        return f"{command} --level calculation --max-seconds 600"
    if not any(p.basis == "calculation" or p.not_calculated for part in predictions for p in part):
        return f"{command} --level calculation"
    return f"{command} --report pair.html, to see both side by side."
