"""What held-out scores say of a model, in sentences: its error beside that of the mean and of the best baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlcluster.errors import DataError
from mlcluster.labels.methods import ATOM_CHARGES, Channel
from mlcluster.model.scores import better_than_mean
from mlcluster.tracking.logged_tables import VALIDATION
from mlcluster.units import number_text

Scores = Mapping[str, Any]
"""By ``split/target:method/arm/score``, as a run records them."""

MEAN = "mean"


def is_baseline(arm: str) -> bool:
    """Whether an arm stands beside a model to be beaten.

    >>> [is_baseline(arm) for arm in ("network", "mean", "ridge on composition", "formula")]
    [False, True, True, False]
    """
    return arm == MEAN or " on " in arm


def by_channel(scores: Scores) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Scores of each arm by split and channel, in the order of the record."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for key, value in scores.items():
        if key.count("/") == 3:
            split, channel, arm, name = key.split("/")
            found.setdefault((split, channel), {}).setdefault(arm, {})[name] = value
    return found


def channel_in_words(channel: str) -> str:
    """Property and method of a channel.

    >>> channel_in_words("quantum_yield:measured")
    'quantum yield (measured)'
    """
    target, _, method = channel.partition(":")
    return f"{target.replace('_', ' ')} ({method})"


def unit_of(channel: str) -> str:
    """Unit of its errors; nothing for a property of the user's own that is not declared here."""
    if channel == ATOM_CHARGES:
        return "e"
    try:
        return Channel.parse(channel).definition.unit
    except DataError:
        return ""


def error_text(error: float | None, channel: str) -> str:
    """An error with its unit.

    >>> error_text(0.251, "gap:optical"), error_text(0.1, "quantum_yield:measured")
    ('0.25 eV', '0.10')
    """
    unit = unit_of(channel)
    return f"{number_text(None if error is None else float(error), unit)} {'' if unit == 'fraction' else unit}".strip()


def score_sentences(scores: Scores) -> list[str]:
    """One sentence for each split and channel that was held out; none for what members stopped on.

    Parameters
    ----------
    scores
        As a run records them; those of single families are passed over.

    Examples
    --------
    >>> score_sentences({"test/gap:optical/network/mae": 0.25, "test/gap:optical/mean/mae": 0.5})
    ['gap (optical), test: the network errs by 0.25 eV on average, the mean of known labels by 0.50 eV.']
    >>> charges = {"test/atom_charge:gfn1-xtb/network/mae": 0.2, "test/atom_charge:gfn1-xtb/mean on element/mae": 0.1}
    >>> score_sentences(charges)[0].partition(": ")[2]
    'the network errs by 0.2 e on average, mean on element by 0.1 e: no better than mean on element.'
    """
    told = []
    for (split, channel), arms in by_channel(scores).items():
        errors = {arm: values["mae"] for arm, values in arms.items() if values.get("mae") is not None}
        own = next((arm for arm in errors if not is_baseline(arm)), None)
        if split.startswith(VALIDATION) or own is None:
            continue
        size = {arm: error_text(error, channel) for arm, error in errors.items()}
        text = f"{channel_in_words(channel)}, {split}: the {own} errs by {size[own]} on average"
        if MEAN in errors:
            text += f", the mean of known labels by {size[MEAN]}"
        others = [arm for arm in errors if is_baseline(arm) and arm != MEAN]
        best = min(others, key=lambda arm: errors[arm], default=None)
        if best is not None:
            text += f", {best} by {size[best]}"
        kept = {key: value for key, value in scores.items() if key.startswith(f"{split}/")}
        if better_than_mean(kept, channel, own) is False:
            text += ": no better than the mean, so its predictions tell nothing new"
        elif best is not None and errors[best] <= errors[own]:
            text += f": {'better than the mean, but ' if MEAN in errors else ''}no better than {best}"
        told.append(f"{text}.")
    return told
