"""What the parts of the page are made of: fragments with tables, plots and downloads, of what the verbs return."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlcluster.tracking import RunStore
from mlcluster.web.errand import carry_out
from tests.web.test_errand import made

TABLES = {
    "decay": "time (us),counts\n" + "\n".join(f"{t / 10},{int(1000 * 2 ** (-t / 20)) + 5}" for t in range(120)),
    "conversion": "T (K),k (1/s)\n" + "\n".join(f"{t},{1e10 * np.exp(-9000 / t):.6g}" for t in range(290, 340, 10)),
    "equilibrium": "T (K),K\n" + "\n".join(f"{t},{np.exp(5 - 1500 / t):.6g}" for t in range(250, 320, 10)),
}


def shown(folder: Path, stage: str, *files: tuple[str, str], **options: Any) -> dict[str, Any]:
    errand = made(folder, stage, *files, **options)
    told = carry_out(errand)
    assert told["error"] is None, told["error"]
    assert errand.result is not None
    return dict(json.loads(errand.result.read_text()))


@pytest.mark.parametrize("name", TABLES)
def test_a_fit_shows_words_plot_and_table(tmp_path: Path, name: str) -> None:
    found = shown(tmp_path / "job", "bench page", ("table.csv", TABLES[name]), fit=name)
    assert 'src="data:image/svg+xml;base64,' in found["html"] and "90% interval" in found["html"]
    table, plot, document = found["downloads"]
    assert table["text"].count("\n") > 3 and "<svg" in plot["text"]
    assert json.loads(document["text"])["sentences"]


def test_ions_and_rates(tmp_path: Path) -> None:
    ions = shown(tmp_path / "a", "bench page", fit="esi", formula="[Au13Ag12(PPh3)10Cl8]+", mz=[3362.56])
    assert "[Au13Ag12(PPh3)10Cl8 - Cl]2+" in ions["html"] and "3362.56" in ions["html"]
    rates = shown(tmp_path / "b", "bench page", fit="rates", quantum_yield=0.476, lifetime_us=3.82)
    assert "k_r" in rates["html"] and "<img" not in rates["html"]


def test_a_formula_shows_what_is_known_and_words_find_records(tmp_path: Path) -> None:
    found = shown(tmp_path / "a", "formula page", formula="[Au22(SG)18]0")
    assert "665 nm" in found["html"] and "[Au<sub>22</sub>(SG)<sub>18</sub>]<sup>0</sup>" in found["html"]
    assert found["downloads"][0]["text"].startswith("file,")
    words = shown(tmp_path / "b", "formula page", formula="Au38")
    assert "compounds" in words["html"] and "Nearest known clusters" in words["html"]


def test_runs_are_listed_and_shown(tmp_path: Path, project: Path) -> None:
    nothing = shown(tmp_path / "a", "runs page", project=str(project))
    assert "no runs yet" in nothing["html"]
    run = RunStore(project).start("<b>tests</b>", "<i>first</i>", {"mlcluster.kind": "train"})
    run.log_metrics([("families/gap:gfn1-xtb/network/mae", 0.25, 0)])
    run.finish()
    listed = shown(tmp_path / "b", "runs page", project=str(project))["html"]
    assert run.id in listed and "&lt;i&gt;first" in listed and "<i>first" not in listed
    assert 'data-what="card"' in listed and "0.25" in listed
    one = shown(tmp_path / "c", "runs page", project=str(project), what="show", run=[run.id[:8]])["html"]
    assert "families/gap:gfn1-xtb/network/mae" in one and "<b>tests" not in one
    error = carry_out(made(tmp_path / "d", "runs page", project=str(project), what="card", run=["0123abcd"]))["error"]
    assert error is not None and "0123abcd" in error
