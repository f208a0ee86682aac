"""Predicted signs beside directions that are published of pairs of compounds: brighter, redder, a smaller gap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mlcluster.comparison.property_differences import independent_difference
from mlcluster.errors import MlclusterError
from mlcluster.labels.literature.composition import composition_from_identifier
from mlcluster.labels.literature.known_values import literature
from mlcluster.labels.literature.measurements import ClusterRecord
from mlcluster.labels.literature.relations import Pair
from mlcluster.levels.formula.formula_record import record_of_composition
from mlcluster.levels.formula.predict import FormulaModel, bundled_formula_model
from mlcluster.prediction.prediction import Asked, Prediction, predictions_of

NOT_DESCRIBED = "a composition is not known, or the model of formulas cannot describe it"
EQUAL = "both have the same prediction"
NOT_KNOWN = "the model knows no more than the mean"


def directions_beside_predictions(
    table: Iterable[Pair] | None = None,
    records: Mapping[str, ClusterRecord] | None = None,
    model: FormulaModel | None = None,
) -> list[dict[str, Any]]:
    """What the formula level says of each published direction.

    No structure of these pairs is public, so that formulas are all there is: that of a record, or what the identifier
    of a compound without measurement spells.

    Parameters
    ----------
    table, records, model
        Pairs, compounds and model; the bundled ones unless given.

    Returns
    -------
    list[dict[str, Any]]
        ``{"a", "b", "kind", "target", "published", "predicted", "right", "resolved", "learned", "why"}`` a direction.
        `published` and `predicted` are signs of B - A, the latter 0 where both have one prediction and None where one
        has none. `learned`: a value of a member was learned from, so that a right sign proves little.
    """
    compounds, pairs = literature()
    model = bundled_formula_model() if model is None else model
    known = compounds if records is None else records
    return [
        _row(pair, target, sign, known, model)
        for pair in (pairs if table is None else table)
        for target, sign in pair.signs.items()
    ]


def _row(pair: Pair, target: str, sign: int, known: Mapping[str, ClusterRecord], model: FormulaModel) -> dict[str, Any]:
    members = [known[name] for name in (pair.a, pair.b) if name in known]
    learned = any(one.value(target) is not None for member in members for one in member.measurements)
    row: dict[str, Any] = {"a": pair.a, "b": pair.b, "kind": pair.kind, "target": target, "published": sign}
    row |= {"predicted": None, "right": None, "resolved": False, "learned": learned, "why": NOT_DESCRIBED}
    a, b = (_predicted(name, known.get(name), target, model) for name in (pair.a, pair.b))
    if a is None or b is None:
        return row
    difference = independent_difference(a, b)
    predicted = int(np.sign(difference.difference))
    row |= {"predicted": predicted, "right": predicted == sign if predicted else None, "resolved": difference.resolved}
    return row | {"why": EQUAL if not predicted else NOT_KNOWN if difference.informative is False else ""}


def _predicted(name: str, record: ClusterRecord | None, target: str, model: FormulaModel) -> Prediction | None:
    composition = composition_from_identifier(name) if record is None else record.composition
    if composition is None:
        return None
    try:
        described = record_of_composition(composition, electrons=None if record is None else record.electrons)
        if described is None:
            return None
        (found,) = predictions_of(model, "formula", [Asked(cluster=name, formula=name)], model.predict([described]))
    except MlclusterError:  # one compound that cannot be described costs no other
        return None
    return next((one for one in found if one.target == target), None)


def directions_in_words(rows: Iterable[Mapping[str, Any]]) -> str:
    """One sentence on how many directions are predicted at all, and rightly.

    >>> directions_in_words([{"predicted": 1, "right": True, "resolved": False, "why": NOT_KNOWN}])
    'Of 1 published directions 1 have a predicted sign, 1 of these right; 0 are predicted by a model that knows more \
than the mean, and 0 are resolved.'
    """
    rows = list(rows)
    signs = [row for row in rows if row["predicted"]]
    right, told = sum(bool(row["right"]) for row in signs), sum(not row["why"] for row in signs)
    return (
        f"Of {len(rows)} published directions {len(signs)} have a predicted sign, {right} of these right; {told} are "
        f"predicted by a model that knows more than the mean, and {sum(row['resolved'] for row in signs)} are resolved."
    )
