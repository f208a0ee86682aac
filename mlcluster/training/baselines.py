"""What a model has to beat: the mean of the labels, and ridge regression on the composition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlcluster.chem.elements import is_metal
from mlcluster.data.labelled import LabelledCluster

Predictor = Callable[[Sequence[LabelledCluster]], NDArray[np.float64]]
Fitter = Callable[[Sequence[LabelledCluster], NDArray[np.float64]], Predictor]

_ALPHAS = np.logspace(-2, 4, 13)


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
    from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    elements = sorted({z for item in items for z in item.cluster.numbers.tolist()})
    families = [item.family or "" for item in items]
    pipeline = make_pipeline(StandardScaler(), Ridge())
    if len(set(families)) > 1:
        # Chosen as the network's best epoch is: by the error on families that were not fitted.
        search = GridSearchCV(
            pipeline, {"ridge__alpha": _ALPHAS}, cv=LeaveOneGroupOut(), scoring="neg_mean_absolute_error"
        )
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


BASELINES: dict[str, Fitter] = {"mean": fit_mean, "ridge on composition": fit_ridge}
"""Fitters by the name they have in tables."""
