"""inspect, rank, design and cite as their users meet them on a terminal of 80 columns."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlcluster.design.frameworks import build
from tests.cli.snapshots import FOLDER, WIDTHS, WRITE, check, printed
from tests.prediction.test_rank import screened

WATER = "3\ncharge=0\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a distorted rod, a cluster of unknown charge, and water."""
    monkeypatch.chdir(tmp_path)
    rod = build("rod-staggered")
    noise = np.random.default_rng(3).normal(size=rod.positions.shape) * 0.05
    (tmp_path / "rod.cif").write_text(rod.replace(positions=rod.positions + noise).to_cif(), encoding="utf-8")
    gold = build("m20-phosphine").replace(charge=None, multiplicity=None)
    (tmp_path / "gold.cif").write_text(gold.to_cif(), encoding="utf-8")
    (tmp_path / "water.xyz").write_text(WATER, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("here")
def test_inspect() -> None:
    text = check("inspect-rod", "inspect", "rod.cif")
    assert "staggered and close to D5d (symmetry measure 0.0" in " ".join(text.split())
    check("inspect-verbose", "inspect", "rod.cif", "--verbose")
    check("inspect-unknown-charge", "inspect", "gold.cif")
    check("inspect-water", "inspect", "water.xyz")


DESIGNS = {
    "design-substitute": "substitute rod-eclipsed --to Pd --of Au",
    "design-vacancy": "vacancy rod-eclipsed --of Au",
    "design-swap": "swap m13-phosphine --to Br",
    "design-twist": "twist rod-eclipsed --degrees 6,12",
    "design-open-shell": "substitute m13-phosphine --to Pd --keep charge",
    "design-cap": "cap rod.cif",
}


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", DESIGNS)
def test_design(name: str) -> None:
    """Candidates are written once, so each width has a directory of its own."""
    for width in WIDTHS:
        text = printed("design", *DESIGNS[name].split(), "--out", f"at-{width}.xyz", width=width)
        assert max(map(len, text.splitlines())) <= width
        if width == WIDTHS[0]:
            kept = FOLDER / f"{name}.txt"
            if WRITE:
                kept.write_text(text, encoding="utf-8")
            assert text == kept.read_text(encoding="utf-8")


def test_rank(here: Path) -> None:
    clusters = []
    for name, qy, nm in (("one", 0.5, 750.0), ("two", 0.35, 820.0), ("three", 0.05, 690.0)):
        predictions = [("quantum_yield", "measured", qy, qy / 3, min(0.9, 2 * qy))]
        predictions.append(("emission", "measured", nm, 600.0, 950.0))
        clusters.append({"name": name, "family": name, "formula": "Ag12Au13Cl8P10", "predictions": predictions})
    screened(here / "screen", clusters)
    wanted = ("--want", "QY>30%", "--want", "emission in 700..900 nm", "--propose", 2)
    text = check("rank", "rank", "screen", *wanted)
    assert text.startswith("Of 3 candidates none meets")
    check("rank-one", "rank", "screen", "--want", "quantum_yield<0.1")


def test_cite(here: Path) -> None:
    from mlcluster.levels.network import load_ensemble
    from mlcluster.resources import bundled_model_dir

    model = load_ensemble(bundled_model_dir()).short_hash
    row = {"file": "a.cif", "target": "gap", "method": "gfn1-xtb", "value": 1.0, "model": model}
    (here / "rows.json").write_text(json.dumps([row]), encoding="utf-8")
    check("cite", "cite", "rows.json", numbers=False)
