"""Measured values among the rows of predictions: both published systems, by their atoms."""

from __future__ import annotations

import pytest

from mlcluster.anatomy import Anatomy
from mlcluster.design.frameworks import build
from mlcluster.labels.literature.inspection import inspect
from mlcluster.prediction.measured_rows import measured_on, predicted_only
from mlcluster.prediction.predict import predict
from mlcluster.report.inspection_tables import inspection_tables
from mlcluster.report.predicted_tables import prediction_tables
from tests.labels.literature.test_linking import cluster_of
from tests.prediction.test_predict import constant_ensemble


@pytest.fixture(scope="module")
def isomer_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("isomer") / "rod.cif"
    # Half-way between the isomers, so that no stated symmetry decides.
    path.write_text(build("rod-halide", r="Ph", twist=18.0).to_cif(), encoding="utf-8")
    return path


def test_a_file_of_an_isomer_shows_both_and_guesses_none(isomer_file):
    rows = predict(isomer_file, model=constant_ensemble([1.0, 1.2]), charge=1)
    measured = [row for row in rows if row.get("kind") == "measured"]
    assert rows[:2] == measured and {row["value"] for row in measured} == {2.17, 1.72}
    assert {row["match"] for row in measured} == {"ambiguous"} and {row["file"] for row in measured} == {
        str(isomer_file)
    }
    assert len(predicted_only(rows)) == len(rows) - 2
    printed = [str(part) for part in prediction_tables(rows)]
    assert printed[0].startswith(str(isomer_file)) and "Measured" in printed
    answer = " ".join(rows[0]["sentences"])
    assert "it does not tell which it is" in answer and "2.17 eV" in answer and "1.72 eV" in answer


def test_inspect_shows_it_as_well(isomer_file):
    (row,) = inspect(isomer_file, charge=1)
    assert {one["value"] for one in row["measured"]} == {2.17, 1.72}
    assert "Measured" in [str(part) for part in inspection_tables([row])]
    (other,) = inspect(isomer_file, charge=3)
    assert other["measured"] == []


@pytest.mark.parametrize(
    ("formula", "charge", "values"),
    [("[Au21(SAdm)12(PPh2py)3]", 1, {715, 0.131, 2.65}), ("[Au22(SAdm)12(PPh2py)4]", 2, {730, 0.4763, 3.82})],
)
def test_the_vacancy_pair_by_its_atoms(formula, charge, values):
    rows = measured_on(Anatomy(cluster_of(formula, charge)), "a.cif")
    assert {round(row["value"], 6) for row in rows} == values and {row["match"] for row in rows} == {"matched"}
    assert all(row["lower"] is None and row["model"] is None for row in rows)
    assert measured_on(Anatomy(cluster_of(formula, charge + 1)), "a.cif") == []
