"""Colours of elements: metals are told apart at first sight, also by readers who see colours otherwise."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from mlcluster.comparison.compare import compare_clusters
from mlcluster.design.frameworks import build
from mlcluster.report.comparison_page import write_comparison
from mlcluster.report.pictures import COLOUR_ALONE, cluster_picture, element_colour
from tests.prediction.test_predict import constant_ensemble

METALS = ("Au", "Ag", "Cu", "Pt", "Pd")
# Full strength, on linear RGB (Machado, Oliveira & Fernandes 2009, 10.1109/TVCG.2009.113).
DEUTERANOPIA = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
)
PROTANOPIA = np.array(
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
)
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
)


def linear(colour: str) -> NDArray[np.float64]:
    """Linear RGB of a hexadecimal sRGB colour."""
    value = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*a*b* (D65) of linear RGB."""
    x = TO_XYZ @ np.clip(rgb, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(x > (6 / 29) ** 3, np.cbrt(x), x / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Difference of two L*a*b* colours (Sharma, Wu & Dalal 2005, 10.1002/col.20070)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean7 = (np.hypot(a1, b1) / 2 + np.hypot(a2, b2) / 2) ** 7
    g = 0.5 * (1 - np.sqrt(mean7 / (mean7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = (h2 - h1 + 180) % 360 - 180 if c1 * c2 else 0.0
    hm = (h1 + h2) / 2 if abs(h1 - h2) <= 180 else ((h1 + h2 + 360) / 2 if h1 + h2 < 360 else (h1 + h2 - 360) / 2)
    hm = hm if c1 * c2 else h1 + h2
    lm, cm, big_h = (l1 + l2) / 2, (c1 + c2) / 2, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    t = 1 - 0.17 * np.cos(np.radians(hm - 30)) + 0.24 * np.cos(np.radians(2 * hm))
    t += 0.32 * np.cos(np.radians(3 * hm + 6)) - 0.2 * np.cos(np.radians(4 * hm - 63))
    sl, sc, sh = 1 + 0.015 * (lm - 50) ** 2 / np.sqrt(20 + (lm - 50) ** 2), 1 + 0.045 * cm, 1 + 0.015 * cm * t
    turn = -np.sin(np.radians(60 * np.exp(-(((hm - 275) / 25) ** 2)))) * 2 * np.sqrt(cm**7 / (cm**7 + 25**7))
    dl, dc, dhh = (l2 - l1) / sl, (c2 - c1) / sc, big_h / sh
    return float(np.sqrt(dl**2 + dc**2 + dhh**2 + turn * dc * dhh))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_yardstick_gives_the_published_differences(one: tuple, other: tuple, expected: float) -> None:
    assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("pair", list(combinations(METALS, 2)), ids="-".join)
def test_metals_are_told_apart_at_first_sight(pair: tuple[str, str]) -> None:
    assert ciede2000(*(lab(linear(element_colour(symbol))) for symbol in pair)) > 25


@pytest.mark.parametrize("eye", [DEUTERANOPIA, PROTANOPIA], ids=["deuteranopia", "protanopia"])
@pytest.mark.parametrize("pair", list(combinations(("Au", "Ag", "Cu"), 2)), ids="-".join)
def test_coinage_metals_are_told_apart_by_other_eyes(pair: tuple[str, str], eye: NDArray) -> None:
    assert ciede2000(*(lab(eye @ linear(element_colour(symbol))) for symbol in pair)) > 20


def test_gold_is_no_sulfur_and_the_mark_is_no_metal() -> None:
    assert ciede2000(lab(linear(element_colour("Au"))), lab(linear(element_colour("S")))) > 15
    for symbol in METALS:
        assert ciede2000(lab(linear(COLOUR_ALONE)), lab(linear(element_colour(symbol)))) > 18


def test_what_has_no_counterpart_is_marked_in_picture_and_scene(tmp_path) -> None:
    whole = build("rod-thiolate")
    comparison = compare_clusters(whole, build("rod-vacancy"), constant_ensemble([1.0, 1.2]))
    page = write_comparison(comparison, tmp_path / "r.html").read_text(encoding="utf-8")
    assert comparison.match is not None and len(comparison.match.only_a) == 1
    assert f"stroke: {COLOUR_ALONE}" in page and f'"mark":"{COLOUR_ALONE}"' in page.replace(": ", ":").replace(
        "stroke:", "stroke: "
    )
    assert 'id="marked" checked' in page
    assert page.index('<option value="element">') < page.index('<option value="part">')
    assert COLOUR_ALONE not in cluster_picture(whole) and COLOUR_ALONE in cluster_picture(whole, highlight=[0])
