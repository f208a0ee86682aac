from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcluster.model.gaussian_process import GaussianProcess, Hyperparameters, fit, level_and_scale


def _rows(n: int = 24, families: int = 6, seed: int = 0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    names = [f"family {k % families}" for k in range(n)]
    offset = rng.normal(size=families)
    y = 2.0 + x[:, 0] - 0.5 * x[:, 1] ** 2 + 0.5 * offset[[k % families for k in range(n)]] + 0.1 * rng.normal(size=n)
    return x, y, names


def test_agrees_with_scikit_learn_on_rows_that_are_each_a_family_of_their_own():
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct

    x, y, _ = _rows()
    p = Hyperparameters(linear=0.4, rbf=0.7, length=1.3, family=0.1, noise=0.2)
    mine = GaussianProcess(x, y, [str(k) for k in range(len(y))], p)
    # k = c + v_l x.x'/D + v_r exp(-|x - x'|^2 / (2 l^2 D)); a family of one row is noise.
    kernel = (
        ConstantKernel(1.0)
        + ConstantKernel(0.4 / 3) * DotProduct(sigma_0=1e-12)
        + ConstantKernel(0.7) * RBF(1.3 * np.sqrt(3))
    )
    center, scale = level_and_scale(y, mine.families)
    other = GaussianProcessRegressor(kernel, alpha=0.3, optimizer=None).fit(x, (y - center) / scale)
    asked = np.random.default_rng(5).normal(size=(7, 3))

    mean, spread = mine.predict(asked)
    expected, deviation = other.predict(asked, return_std=True)

    np.testing.assert_allclose(mean, center + scale * expected, rtol=1e-9)
    np.testing.assert_allclose(spread, scale * np.sqrt(deviation**2 + 0.3), rtol=1e-9)


@settings(max_examples=10)
@given(st.integers(0, 1000), st.sampled_from(["mean", "linear", "rbf"]))
def test_a_family_left_out_in_closed_form_is_one_that_was_never_there(seed, kernel):
    x, y, names = _rows(seed=seed)
    parameters = fit(x, y, names, kernel).parameters
    whole = GaussianProcess(x, y, names, parameters)
    out = np.array(names) == "family 2"
    rest = GaussianProcess(x[~out], y[~out], [name for name in names if name != "family 2"], parameters)
    # The level of the labels that remain differs, so both are put on the scale of the whole.
    rest.center, rest.scale = whole.center, whole.scale
    rest = _on_scale_of(whole, rest)

    mean, spread = whole.without_family()
    expected, deviation = rest.predict(x[out])

    np.testing.assert_allclose(mean[out], expected, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(spread[out], deviation, rtol=1e-6)


def _on_scale_of(whole: GaussianProcess, rest: GaussianProcess) -> GaussianProcess:
    from scipy.linalg import cho_solve

    rest._weights = cho_solve(rest._factor, (rest.y - whole.center) / whole.scale)
    return rest


def test_relatives_count_as_little_more_than_one_observation():
    # One family of nine rows at 10, two families of one row at 0: the mean is near that of three families.
    y = np.array([10.0] * 9 + [0.0, 0.0])
    names = ["many"] * 9 + ["one", "two"]
    process = GaussianProcess(np.zeros((11, 1)), y, names, Hyperparameters(family=1.0, noise=0.05))

    mean, _ = process.predict(np.zeros((1, 1)))

    assert mean[0] == pytest.approx(10 / 3, abs=0.2)


def test_the_evidence_is_highest_where_the_search_ends():
    x, y, names = _rows(n=40, families=8)
    found = fit(x, y, names, "rbf")
    again = fit(x, y, names, "rbf", seed=3)

    # Two searches from different places end at one answer.
    np.testing.assert_allclose(found.predict(x[:5] + 0.1)[0], again.predict(x[:5] + 0.1)[0], rtol=1e-3)
    assert found.parameters.linear == 0.0 < found.parameters.rbf


def test_equal_labels_are_predicted_as_they_are():
    process = fit(np.arange(6.0)[:, None], np.full(6, 1.5), list("abcdef"), "linear")

    mean, spread = process.predict(np.array([[2.5]]))

    assert mean[0] == pytest.approx(1.5)
    assert np.isfinite(spread[0])
