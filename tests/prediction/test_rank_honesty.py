"""What an order may not do: prefer ignorance, hide what lies outside, or sort by noise; and names that people use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import ConfigError
from mlcluster.prediction.criteria import parse_criteria
from mlcluster.prediction.rank import rank
from mlcluster.prediction.screening.screen_table import part_files
from tests.prediction.test_rank import screened


def candidate(name: str, gap: float, half: float) -> dict:
    return {"name": name, "family": name, "predictions": [("gap", "optical", gap, gap - half, gap + half)]}


def with_columns(directory: Path, **columns: list) -> Path:
    """The screen with columns replaced or added, a value for each row."""
    (file,) = part_files(directory)
    table = pq.read_table(file)
    for name, values in columns.items():
        if name in table.column_names:
            table = table.drop_columns(name)
        table = table.append_column(name, pa.array(values))
    pq.write_table(table, file)
    return directory


@pytest.fixture
def screen(tmp_path: Path) -> Path:
    return screened(tmp_path, [candidate("a", 1.8, 0.1), candidate("b", 1.8, 3.0), candidate("c", 2.2, 1.0)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("QY>30%", "quantum_yield>0.3"),
        ("PLQY >= 30 percent", "quantum_yield > 0.3"),
        ("quantum yield<5%", "quantum_yield<0.05"),
        ("HOMO-LUMO gap < 900 meV", "gap<0.9"),
        ("gap:gfn1-xtb in 500..900 meV", "gap:gfn1-xtb in 0.5..0.9"),
        ("tau > 200 ns", "lifetime>0.2"),
        ("lifetime<3 \u00b5s", "lifetime<3"),
        ("PL in 700..900 nm", "emission in 700..900"),
    ],
)
def test_names_and_units_that_people_use(one: str, other: str) -> None:
    (found,), (expected,) = parse_criteria([one]), parse_criteria([other])
    assert (found.target, found.method) == (expected.target, expected.method)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_photon_energies_turn_the_limits_round() -> None:
    (longer,) = parse_criteria(["emission < 1.55 eV"])
    assert longer.low == pytest.approx(799.9, abs=0.1) and np.isinf(longer.high)
    (between,) = parse_criteria(["emission in 1.4..1.8 eV"])
    assert (between.low, between.high) == pytest.approx((688.8, 885.6), abs=0.1)


@given(
    mean=st.floats(-3, 3),
    sigma=st.floats(0.05, 5),
    wider=st.floats(1.0, 20.0),
    text=st.sampled_from(["gap > 1", "gap < 0.5", "gap in 0.5..1.5"]),
)
def test_a_wider_interval_never_helps(mean: float, sigma: float, wider: float, text: str) -> None:
    (criterion,) = parse_criteria([text])
    narrow, wide = (float(criterion.cautious(np.array(mean), np.array(s), 0.05)) for s in (sigma, wider * sigma))
    assert wide <= narrow + 1e-12


def test_of_two_that_fail_the_vague_one_is_not_first(screen: Path) -> None:
    rows = rank(screen, "gap > 2")
    assert [row["cluster"] for row in rows] == ["c", "a", "b"]
    by_name = {row["cluster"]: row for row in rows}
    assert by_name["b"]["probability"] > by_name["a"]["probability"], "the chance itself stays what it is"
    assert by_name["b"]["score"] <= by_name["a"]["score"]


def test_what_lies_outside_comes_last(screen: Path) -> None:
    with_columns(screen, applicability=["inside", "inside", "outside", None])
    assert [row["cluster"] for row in rank(screen, "gap > 2")] == ["a", "b", "c"]


def test_an_order_by_a_model_no_better_than_the_mean_is_refused(screen: Path) -> None:
    with_columns(screen, informative=[False, False, False, None])
    with pytest.raises(ConfigError, match="no better than the mean .* Found: gap > 2. --anyway"):
        rank(screen, "gap > 2")
    rows = rank(screen, "gap > 2", anyway=True)
    assert [row["gap_informative"] for row in rows] == [False] * 3
    done = CliRunner().invoke(app, ["rank", str(screen), "--want", "gap>2"])
    assert done.exit_code == 2 and "an order of noise" in done.stderr
    told = CliRunner().invoke(app, ["rank", str(screen), "--want", "gap>2", "--anyway"])
    assert told.exit_code == 0 and "the order means little" in " ".join(told.stdout.split())


@pytest.mark.parametrize("informative", [[True, None, True, None], [False, True, True, None]])
def test_it_is_not_refused_while_something_is_known(screen: Path, informative: list) -> None:
    rows = rank(with_columns(screen, informative=informative), "gap > 2")
    assert len(rows) == 3 and rows[0]["cluster"] == "c"
    assert rows[-1]["cluster"] == ("a" if informative[0] is False else "b")


def test_a_candidate_is_named_by_parent_and_edits(screen: Path) -> None:
    with_columns(screen, parent=["rod", "rod", None, None], edits=["Pd at Au1", None, None, None])
    names = {row["cluster"]: row["name"] for row in rank(screen, "gap > 2")}
    assert names == {"a": "rod, Pd at Au1", "b": "b", "c": "c"}
    out = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["rank", str(screen), "--want", "gap>2"]).stdout
    assert "rod, Pd at Au1" in out and "The surest is c: gap 2.20 eV" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
