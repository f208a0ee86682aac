"""What a model has to beat: the mean of the labels, ridge on the composition, a Gaussian process on descriptors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.data.labelled import LabelledCluster
from mlcluster.labels import Channel, require_trainable
from mlcluster.levels.descriptor_process import fit_descriptor_process
from mlcluster.levels.structural_descriptors import structural_descriptors
from mlcluster.model.calibration import fit_calibration
from mlcluster.model.held_out import HeldOut

Array = NDArray[np.float64]
Predictor = Callable[[Sequence[LabelledCluster]], NDArray[np.float64]]
Fitter = Callable[[Sequence[LabelledCluster], NDArray[np.float64]], Predictor]

_ALPHAS = np.logspace(-2, 4, 13)

MOST_PARTS = 15
"""Fits behind the intervals of a baseline, at most: of more families several are left out at a time."""

FOLDS = 10
"""Most groups of families that are left out in turn to choose a penalty."""


def fit_mean(items: Sequence[LabelledCluster], labels: NDArray[np.float64]) -> Predictor:
    """Predict the mean of the training labels, each family weighing the same.

    Parameters
    ----------
    items
        Training entries.
    labels
        Their labels in model space, (N,).
    """
    families = np.array([item.family for item in items])
    value = float(np.mean([labels[families == name].mean() for name in sorted(set(families.tolist()))]))
    return lambda others: np.full(len(others), value)


def fit_ridge(items: Sequence[LabelledCluster], labels: NDArray[np.float64]) -> Predictor:
    """Ridge regression on element fractions, size, metal count and charge; its penalty is chosen over whole families.

    Parameters
    ----------
    items
        Training entries.
    labels
        Their labels in model space, (N,).
    """
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV, GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    elements = sorted({z for item in items for z in item.cluster.numbers.tolist()})
    families = [item.family or "" for item in items]
    pipeline = make_pipeline(StandardScaler(), Ridge())
    if len(set(families)) > 1:
        # Chosen as the network's best epoch is: by the error on families that were not fitted.
        folds = GroupKFold(min(FOLDS, len(set(families))))
        search = GridSearchCV(pipeline, {"ridge__alpha": _ALPHAS}, cv=folds, scoring="neg_mean_absolute_error")
        model = search.fit(composition_features(items, elements), labels, groups=families).best_estimator_
    else:
        model = pipeline.fit(composition_features(items, elements), labels)
    return lambda others: model.predict(composition_features(others, elements))


def composition_features(items: Sequence[LabelledCluster], elements: Sequence[int]) -> NDArray[np.float64]:
    """Element fractions (``elements`` in their order), atoms, metal atoms and charge a metal atom; (N, E + 3).

    An unknown charge enters as 0; elements that training did not have are not seen.
    """
    rows = []
    for item in items:
        numbers = item.cluster.numbers
        metals = int(is_metal(numbers).sum())
        fractions = [float((numbers == z).mean()) for z in elements]
        rows.append([*fractions, len(numbers), metals, (item.cluster.charge or 0) / max(metals, 1)])
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(elements) + 3)


def fit_gaussian_process(items: Sequence[LabelledCluster], labels: NDArray[np.float64]) -> Predictor:
    """Gaussian process on `structural_descriptors`, as `fit_descriptor_process` has it.

    Parameters
    ----------
    items
        Training entries.
    labels
        Their labels in model space, (N,).
    """
    process = fit_descriptor_process(structural_descriptors(items), labels, [item.family or "" for item in items])
    return lambda others: process.predict(structural_descriptors(others))


BASELINES: dict[str, Fitter] = {
    "mean": fit_mean,
    "ridge on composition": fit_ridge,
    "GP on descriptors": fit_gaussian_process,
}
"""Fitters by the name they have in tables."""


def labelled_with_value(items: Sequence[LabelledCluster], channel: str) -> tuple[list[LabelledCluster], Array]:
    """Keep entries that have a value, not just a bound, of a channel, and those values in model space.

    This is the gate for baselines and residuals: a label that may not be learned from raises DataError.
    """
    kept, values = [], []
    for item in items:
        records = require_trainable(record for record in item.labels if record.channel.key == channel)
        numbers = [record.model_value for record in records if record.model_bound is None]
        if numbers:
            kept.append(item)
            values.append(sum(numbers) / len(numbers))
    return kept, np.array(values, dtype=np.float64)


def baseline_predictions(
    name: str,
    fitter: Fitter,
    channel: str,
    learned: Sequence[LabelledCluster],
    held: Sequence[LabelledCluster],
    *,
    calibrate: bool = True,
) -> HeldOut:
    """Fit a baseline and predict the entries held out.

    Parameters
    ----------
    name, fitter
        Name and fitter of the baseline.
    channel
        ``target:method``.
    learned, held
        Entries to fit and entries to predict.
    calibrate
        Whether to take intervals from residuals of leaving learned families out in turn; without, `half` is NaN.
    """
    items, labels = labelled_with_value(learned, channel)
    rows, truth = labelled_with_value(held, channel)
    if Channel.parse(channel).definition.pooling == "extensive":
        fitter = _of_an_atom(fitter)
    half = np.full(len(rows), np.nan)
    if calibrate:
        families = [item.family or "" for item in items]
        errors = _held_out_errors(fitter, items, labels, np.array(families))
        half = fit_calibration(errors, np.zeros(len(errors)), families).half_width(np.zeros(len(rows)))
    predicted = np.asarray(fitter(items, labels)(rows), dtype=np.float64)
    entries, families = [item.entry for item in rows], [item.family or "" for item in rows]
    return HeldOut.of(name, channel, entries, families, truth, predicted, half=half)


def _of_an_atom(fitter: Fitter) -> Fitter:
    """The fitter of a sum over atoms: it learns the label of an atom and predicts as many."""

    def fit(items: Sequence[LabelledCluster], labels: Array) -> Predictor:
        predictor = fitter(items, labels / _atoms(items))
        return lambda others: predictor(others) * _atoms(others)

    return fit


def _atoms(items: Sequence[LabelledCluster]) -> Array:
    return np.array([len(item.cluster) for item in items], dtype=np.float64)


def _held_out_errors(
    fitter: Fitter, items: Sequence[LabelledCluster], labels: Array, families: NDArray[np.str_]
) -> Array:
    """Label minus prediction with whole families left out, in at most `MOST_PARTS` parts; of one family, the misfit."""
    names = np.unique(families)
    if len(names) == 1:
        return labels - fitter(items, labels)(items)
    errors = np.zeros(len(items))
    for part in np.array_split(names, min(len(names), MOST_PARTS)):
        out = np.isin(families, part)
        fitted = fitter([item for item, gone in zip(items, out, strict=True) if not gone], labels[~out])
        errors[out] = labels[out] - fitted([item for item, gone in zip(items, out, strict=True) if gone])
    return errors
