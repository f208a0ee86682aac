"""Every verb as its user meets it on a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcluster.data import model_structures
from tests.cli.snapshots import FOLDER, check, printed, words
from tests.comparison import papers

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "data"

KNOWN = {
    "known-gold-glutathione": "[Au22(SG)18]0",
    "known-rod": "[Au13Ag12(PPh3)10Cl8]+",
    "known-pyridyl": "[Au22(SAdm)12(PPh2py)4]2+",
}


@pytest.mark.parametrize("name", KNOWN)
def test_known(name: str):
    text = check(name, "known", KNOWN[name])
    assert text.startswith(KNOWN[name])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own with two small model clusters and the stand-ins for the published pairs."""
    monkeypatch.chdir(tmp_path)
    models = model_structures()
    gold = models["model [Au9(PH3)8]3+"]
    files = {"gold9": gold, "rod": models["rod model [Au25(PH3)10(SH)5Cl2]2+"]}
    files |= {"vacancy": models["central-vacancy rod model [Au24(PH3)10(SH)5Cl2]+"]}
    files |= dict(zip(("au21", "au22"), papers.gold_pair(), strict=True))
    files |= dict(zip(("e", "s"), papers.es_pair(), strict=True))
    for name, cluster in files.items():
        (tmp_path / f"{name}.cif").write_text(cluster.replace(charge=None).to_cif(), encoding="utf-8")
    return tmp_path


def test_predict_a_formula():
    text = check("predict-formula", "predict", "--formula", "[Au22(SG)18]0", numbers=False)
    assert text.index("665 nm") < text.index("Predicted for")


@pytest.mark.usefixtures("here")
def test_predict_a_file_and_everything_about_it():
    check("predict-file", "predict", "gold9.cif", "--charge", 3, numbers=False)
    check("predict-file-verbose", "predict", "gold9.cif", "--charge", 3, "--verbose", "--contributions", numbers=False)


@pytest.mark.usefixtures("here")
def test_predict_a_stand_in_for_one_of_two_isomers():
    text = check("predict-isomer", "predict", "e.cif", "--charge", 1, numbers=False)
    # Two compounds have the formula; the records state D5h and D5d, and the file has one of them.
    assert "Measured (Au13Ag12_PPh3_10_Cl8_E)" in text and "1.72 eV" not in text


def test_predict_more_files_than_paragraphs(here: Path):
    charges = {"gold9.cif": 3, "rod.cif": 2, "vacancy.cif": 1, "e.cif": 1}
    rows = "".join(f"{file},{charge}\n" for file, charge in charges.items())
    (here / "charges.csv").write_text(f"file,charge\n{rows}", encoding="utf-8")
    text = check("predict-files", "predict", "--manifest", "charges.csv", numbers=False)
    assert text.startswith("4 clusters in 4 files.")


@pytest.mark.usefixtures("here")
def test_compare_the_stand_ins_for_both_published_pairs():
    check("compare-gold", "compare", "au21.cif", "au22.cif", "--charge", 1, "--charge-b", 2, numbers=False)
    records = ("--records", "Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S")
    text = check("compare-isomers", "compare", "e.cif", "s.cif", "--charge", 1, *records, numbers=False)
    assert "gap (optical) 2.17 -> 1.72 eV" in " ".join(text.split())


@pytest.mark.usefixtures("here")
def test_compare_and_everything_about_it():
    arguments = ("rod.cif", "vacancy.cif", "--charge", 2, "--charge-b", 1, "--verbose")
    check("compare-verbose", "compare", *arguments, numbers=False)


@pytest.mark.usefixtures("here")
def test_screen():
    arguments = ("screen", "vacancy.cif", "e.cif", "--charge", 1, "--out", "screened")
    printed(*arguments)
    check("screen", *arguments, numbers=False)


def test_rates():
    gold = ("--qy", "13.1%+-0.5", "--lifetime", "2.65+-0.05", "--qy", "47.63%+-0.5", "--lifetime", "3.82+-0.05")
    text = check("rates", "rates", *gold, "--name", "Au21", "--name", "Au22")
    assert "k_r is 2.5 times as fast" in " ".join(text.split())


def test_esi():
    check("esi", "esi", "--mz", "6762.10", "--mz", "3362.56", "--formula", "[Au13Ag12(PPh3)10Cl8]+", "--changes", 1)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fit-gap", ("gap", EXAMPLES / "absorption_s.csv")),
        ("fit-equilibrium", ("equilibrium", EXAMPLES / "equilibrium.csv", "--reaction", "S -> E", "--cold", "E")),
        ("fit-decay", ("decay", EXAMPLES / "decay_au21.csv")),
    ],
)
def test_fit(name: str, arguments: tuple[object, ...]):
    check(name, "fit", *arguments)


def test_the_readme_shows_what_is_printed():
    """The example of the README is the beginning of the snapshot, whose words are those of the command."""
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    example = readme.split('$ mlcluster predict --formula "[Au22(SG)18]0"\n')[1].split("\n...\n")[0]
    snapshot = (FOLDER / "predict-formula.txt").read_text(encoding="utf-8")
    assert words(snapshot).startswith(words(example))
