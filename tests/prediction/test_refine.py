"""Refinement finds the best with few calculations, no end of a call changes that, and rows say what they stand on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import strategies as st
from typer.testing import CliRunner

import mlcluster
from mlcluster.cli.main import app
from mlcluster.design.verbs import substitute
from mlcluster.errors import ConfigError, DataError
from mlcluster.prediction.criteria import parse_criteria
from mlcluster.prediction.refinement import refine as refine_module
from mlcluster.prediction.refinement.choosing import farthest_first, log_probability, merit
from mlcluster.prediction.refinement.neighbourhood import estimate
from mlcluster.prediction.refinement.pair_shells import pair_shells, standardised
from mlcluster.prediction.refinement.refine import seconds_of
from mlcluster.prediction.screen import screen
from mlcluster.prediction.screening.screen_table import read_screen
from tests.prediction.refining import WANT, best_of, calculate, gap_of, neighbours, outcome
from tests.prediction.screening import make_model, rows

COUNT = 150


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of gaps with weights at random."""
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Calculations that cost nothing; names of what was calculated, in that order."""
    seen: list[str] = []
    monkeypatch.setattr(refine_module, "run_job", lambda job: seen.append(job.items[0].name) or calculate(job))
    return seen


@pytest.fixture(scope="module")
def screened(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The screen before any refinement, to be copied."""
    out = tmp_path_factory.mktemp("screened")
    run(out, model)
    return out


def run(out: Path, model: Path, **options: object) -> dict:
    return screen(neighbours(COUNT), out, model=model, processes=1, **options)  # type: ignore[arg-type]


def test_with_few_calculations_it_finds_the_best(model: Path, cheap: list[str], tmp_path: Path) -> None:
    clusters = neighbours(COUNT)
    result = run(tmp_path, model, refine=50, want=WANT)["refined"]
    assert (result["calculated"], result["refused"], result["estimated"]) == (50, 0, COUNT - 50)
    assert len(cheap) == len(set(cheap)) == 50
    found = len(best_of(clusters, 10) & set(cheap))
    assert found >= 8, f"{found} of 10; by chance 3.3"
    assert 0 < result["error"] < 0.15 and result["error_unit"] == "eV"
    ranked = mlcluster.rank(tmp_path, WANT, top=5)
    assert {row["cluster"] for row in ranked} <= set(cheap)
    assert ranked[0]["gap:dft-pbe-lanl2dz_value"] == pytest.approx(max(map(gap_of, clusters)))


def test_rows_say_which_level_they_stand_on(model: Path, cheap: list[str], tmp_path: Path) -> None:
    run(tmp_path, model, refine=20, want=WANT)
    by_cluster: dict[str, list[dict]] = {}
    for row in rows(tmp_path):
        by_cluster.setdefault(row["cluster"], []).append(row)
    assert len(by_cluster) == COUNT
    truth = {cluster.name: gap_of(cluster) for cluster in neighbours(COUNT)}
    for name, own in by_cluster.items():
        first = own[0]
        assert first["basis"] == ("calculation" if name in cheap else "refined")
        assert first["kind"] == "predicted" and first["formula"] and first["n_atoms"] == 12
        assert first["lower"] < first["value"] < first["upper"]
        assert "network" in {row["basis"] for row in own[1:]}
        if name in cheap:
            assert first["value"] == pytest.approx(truth[name])
        else:
            assert first["upper"] - first["lower"] > 0.4, "an estimate is never surer than a calculation"
    inside = [own[0]["lower"] <= truth[name] <= own[0]["upper"] for name, own in by_cluster.items()]
    assert np.mean(inside) > 0.85


def test_killed_and_gone_on_with_it_is_the_same(model: Path, cheap: list[str], tmp_path: Path) -> None:
    run(tmp_path / "whole", model, refine=43, want=WANT)
    undisturbed = list(cheap)
    cheap.clear()
    for stop in (7, 20, 33, 99):

        def interrupt(reached: refine_module.Refining, stop: int = stop) -> None:
            if reached.calculated == stop:
                raise KeyboardInterrupt

        if stop == 99:
            result = run(tmp_path / "torn", model, refine=43, want=WANT)
            break
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "torn", model, refine=43, want=WANT, on_refining=interrupt)
        journal = tmp_path / "torn" / "refine.jsonl"
        journal.write_bytes(journal.read_bytes() + b'{"content": "to')
    assert result["reused"] == COUNT and result["refined"]["calculated"] == 43
    assert cheap == undisturbed
    assert rows(tmp_path / "torn") == rows(tmp_path / "whole")
    again = run(tmp_path / "torn", model, refine=43, want=WANT)
    assert len(cheap) == 43 and again["refined"]["calculated"] == 43
    assert rows(tmp_path / "torn") == rows(tmp_path / "whole")


def test_what_was_calculated_serves_other_criteria(model: Path, cheap: list[str], tmp_path: Path) -> None:
    run(tmp_path, model, refine=30, want=WANT)
    result = run(tmp_path, model, refine=10, want="gap:dft-pbe-lanl2dz in 0.7..0.9")
    assert result["refined"]["calculated"] == 10 and len(set(cheap)) == 40
    gaps = {cluster.name: gap_of(cluster) for cluster in neighbours(COUNT)}
    assert np.mean([0.7 <= gaps[name] <= 0.9 for name in cheap[30:]]) > np.mean(
        [0.7 <= gap <= 0.9 for gap in gaps.values()]
    )
    assert sum(row["basis"] == "calculation" for row in rows(tmp_path)) == 40
    plain = run(tmp_path, model)
    assert "refined" not in plain and sum(row["basis"] == "calculation" for row in rows(tmp_path)) == 40


def test_a_refused_calculation_is_told_and_not_repeated(model: Path, tmp_path: Path, monkeypatch) -> None:
    seen = []

    def refuse_gold(job):
        (found,) = calculate(job)
        seen.append(job.items[0].name)
        cluster = found.clusters[0].cluster
        return [outcome(cluster, None) if 79 in cluster.numbers else found]

    monkeypatch.setattr(refine_module, "run_job", refuse_gold)
    result = run(tmp_path, model, refine=60, want=WANT)["refined"]
    assert result["refused"] == sum("Au" in row["formula"] for row in rows(tmp_path) if "open shell" in _reasons(row))
    assert 0 < result["refused"] < 60 and len(set(seen)) == 60
    told = [row for row in rows(tmp_path) if row["basis"] == "refined" and "open shell" in _reasons(row)]
    assert len(told) == result["refused"]


def _reasons(row: dict) -> str:
    return " ".join(row["reasons"] or ())


def test_equal_inputs_are_calculated_once(model: Path, cheap: list[str], tmp_path: Path) -> None:
    clusters = neighbours(12)
    twice = [*clusters, *(cluster.replace(name=f"again {k}") for k, cluster in enumerate(clusters))]
    result = screen(twice, tmp_path, model=model, processes=1, refine=30, want=WANT)
    assert len(cheap) == 12 and result["refined"]["calculated"] == 12 and result["refined"]["estimated"] == 0
    values = {row["cluster"]: row["value"] for row in rows(tmp_path) if row["basis"] == "calculation"}
    assert all(values[f"octahedron {k}"] == values[f"again {k}"] for k in range(12))


def test_the_time_may_be_limited(model: Path, cheap: list[str], tmp_path: Path, monkeypatch) -> None:
    from mlcluster.prediction.refinement.ledger import Ledger

    monkeypatch.setattr(Ledger, "elapsed", property(lambda ledger: 10.0 * len(cheap)))
    result = run(tmp_path, model, budget="4 min", want=WANT)["refined"]
    assert len(cheap) == 24 and result["seconds"] == 240.0
    assert sum(row["basis"] == "calculation" for row in rows(tmp_path)) == 24


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"refine": 5}, "nothing is asked for"),
        ({"want": WANT}, "also refine or budget"),
        ({"refine": 0, "want": WANT}, "needs calculations"),
        ({"budget": "soon", "want": WANT}, "this is no time.*soon"),
        ({"budget": 0, "want": WANT}, "this is no time"),
        ({"refine": 5, "want": WANT, "level": "calculation"}, "chooses what is calculated"),
        ({"refine": 5, "want": WANT, "part": "1/2"}, "knows too little"),
        ({"refine": 5, "want": "quantum_yield > 0.3"}, "nothing to refine.*gap:dft-pbe-lanl2dz"),
        ({"refine": 5, "want": [WANT, "ionization_energy > 5", "lifetime > 1"]}, "no prediction of what is asked"),
    ],
)
def test_what_cannot_be_refined_is_refused(options: dict, message: str, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        screen(neighbours(5), tmp_path, model=model, processes=1, **options)


def test_real_calculations_from_the_command_line(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for number, candidate in enumerate(substitute("m4-cubane", to=["Ag", "Au"], k="1-3")):
        (files / f"c{number}.xyz").write_text(candidate.cluster.to_xyz())
    command = ["screen", str(files), "--out", str(tmp_path / "out"), "--processes", "1", "--refine", "2"]
    result = CliRunner().invoke(app, [*command, "--want", "gap > 1", "--json"])
    assert result.exit_code == 0, result.stderr
    refined = json.loads(result.stdout)["refined"]
    assert refined["calculated"] == 2 and refined["refused"] == 0
    calculated = [row for row in rows(tmp_path / "out") if row["basis"] == "calculation" and row["target"] == "gap"]
    assert len({row["input"] for row in calculated}) == 2
    expected = mlcluster.predict(calculated[0]["file"], level="calculation")
    assert calculated[0]["value"] == pytest.approx(expected[0]["value"], rel=1e-9)
    more = ["--processes", "2", "--refine", "4", "--want", "gap > 1"]
    words = CliRunner().invoke(app, [*command, *more])
    assert "4 calculated for these criteria" in words.stdout
    assert len({row["input"] for row in rows(tmp_path / "out") if row["basis"] == "calculation"}) == 4
    bad = CliRunner().invoke(app, ["screen", str(files)])
    assert bad.exit_code == 2 and "--out" in bad.stderr


# Its pieces.


@over(st.integers(0, 2**32 - 1))
def test_shells_do_not_change_when_a_cluster_is_turned_or_renumbered(seed: int) -> None:
    random = np.random.default_rng(seed)
    (cluster,) = neighbours(1, seed % 1000)
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    order = random.permutation(len(cluster))
    turned = cluster.replace(
        numbers=cluster.numbers[order], positions=(cluster.positions @ turn)[order] + 1.0, labels=(), crystal=None
    )
    first, second = pair_shells(cluster), pair_shells(turned)
    assert first.keys() == second.keys()
    assert all(second[key] == pytest.approx(value, abs=1e-9) for key, value in first.items())


def test_shells_tell_isomers_apart_and_standardising_keeps_what_differs() -> None:
    base = neighbours(1)[0]
    beside, opposite = (
        base.replace(numbers=np.array([47 if k in pair else 79 for k in range(6)] + [17] * 6))
        for pair in ((0, 1), (0, 3))
    )
    assert beside.formula == opposite.formula
    matrix = standardised([pair_shells(beside), pair_shells(opposite)])
    assert matrix.shape[1] > 0 and np.allclose(np.abs(matrix), 1.0)
    assert standardised([pair_shells(base)] * 3).shape == (3, 0)


@pytest.mark.parametrize("text", ["gap > 1.5", "gap < 1.5", "gap in 1.2..1.5", "emission in 700..900"])
def test_the_logarithm_is_that_of_the_probability_and_goes_on_in_the_tails(text: str) -> None:
    (criterion,) = parse_criteria([text])
    mean, sigma = np.linspace(0.5, 3.0, 60), np.full(60, 0.3)
    assert np.exp(log_probability(criterion, mean, sigma)) == pytest.approx(
        criterion.probability(mean, sigma), abs=1e-12
    )
    if not np.isinf(criterion.limits()).any():
        return
    far = np.linspace(3.0, 9.0, 20) if np.isinf(criterion.high) else np.linspace(-5.0, 0.5, 20)[::-1]
    assert (np.diff(log_probability(criterion, far, np.full(20, 0.3))) > 0).all(), "no ties among the best"


def test_hope_counts_in_the_direction_of_each_criterion() -> None:
    for text, sign in (("gap > 1.5", 1.0), ("gap < 1.5", -1.0)):
        criteria = parse_criteria([text])
        means, sigmas, spreads = np.array([[1.4], [1.5]]), np.full((2, 1), 0.1), np.array([[0.2], [0.0]])
        hoped = merit(criteria, means, sigmas, spreads, hope=1.0)
        assert hoped[0] == pytest.approx(merit(criteria, means + sign * spreads, sigmas, spreads * 0)[0])
    within = parse_criteria(["gap in 1.4..1.6"])
    near = merit(within, np.array([[1.45]]), np.array([[0.1]]), np.array([[0.2]]), hope=1.0)
    assert near[0] == pytest.approx(merit(within, np.array([[1.5]]), np.array([[0.1]]), np.zeros((1, 1)))[0])
    assert merit(within, np.array([[np.nan]]), np.array([[0.1]]), np.zeros((1, 1)))[0] == -np.inf


def test_the_fit_finds_a_line_and_is_unsure_where_it_saw_nothing() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 6))
    y = 1.5 + x @ np.array([0.3, -0.1, 0, 0, 0.2, 0])
    found = estimate(x, np.arange(30), y[:30])
    assert np.abs(found.mean - y).max() < 1e-3
    wide = estimate(np.vstack([x, 50 * x[:1]]), np.arange(30), y[:30] + random.normal(scale=0.05, size=30))
    assert wide.spread[-1] > 3 * wide.spread[:80].max()
    flat = estimate(x, np.arange(5), np.ones(5))
    assert (flat.mean == 1.0).all() and (flat.spread == 0.0).all()
    with pytest.raises(DataError, match="too few calculations"):
        estimate(x, np.arange(4), y[:4])


def test_the_first_round_spreads_out() -> None:
    points = np.array([[0.0], [0.1], [10.0], [5.0]])
    assert list(farthest_first(points, 0)) == [2, 3, 1, 0]


def test_times_are_understood() -> None:
    assert [seconds_of(text) for text in ("1.5h", "90s", " 2 d ", "3m", 7.0)] == [5400, 90, 172800, 180, 7]
    with pytest.raises(ConfigError, match="this is no time"):
        seconds_of("-2h")


def test_the_table_can_be_read_while_nothing_was_refined(screened: Path) -> None:
    assert set(read_screen(screened, ["basis"]).column("basis").to_pylist()) <= {"network", "formula"}
