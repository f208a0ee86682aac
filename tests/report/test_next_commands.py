"""The command a verb ends with can be pasted into a shell, whatever the file is called."""

import shlex
from pathlib import Path

import pytest

import mlcluster
from mlcluster.report.inspection_tables import inspection_tables

NAMES = ("a b.xyz", "it's (1).xyz", "$HOME;x.xyz")


def files_named(folder: Path, name: str) -> tuple[Path, Path]:
    atoms = "Au 0 0 0\nAu 2.8 0 0\nAu 1.4 2.4 0\nCl -2.3 0 0\nCl 5.1 0 0\nCl 1.4 4.7 "
    paths = folder / name, folder / f"other {name}"
    for path, height in zip(paths, ("0", "0.4"), strict=True):
        path.write_text(f"6\ncharge=0\n{atoms}{height}\n")
    return paths


def words_after(text: str, verb: str) -> list[str]:
    return shlex.split(text.partition(f"mlcluster {verb} ")[2].partition(":")[0])


@pytest.mark.parametrize("name", NAMES)
def test_commands_hold_the_file_as_one_word(tmp_path: Path, name: str) -> None:
    one, two = files_named(tmp_path, name)
    shown = "\n".join(str(part) for part in inspection_tables(mlcluster.inspect([one])))
    assert words_after(shown.partition("Next: ")[2].partition("\n")[0], "predict")[0] == str(one)

    known = mlcluster.known(str(one))["sentences"][-1]
    assert shlex.split(known.partition("mlcluster predict ")[2])[0].rstrip(",") == str(one)

    pair = mlcluster.compare(one, two, level="formula")["sentences"]
    command = next(sentence for sentence in pair if sentence.startswith("Next: "))
    assert words_after(command, "compare")[:2] == [str(one), str(two)]


@pytest.mark.parametrize("name", NAMES)
def test_prediction_ends_with_the_file_as_one_word(name: str) -> None:
    from mlcluster.prediction.prediction_sentences import answer

    row = {"file": name, "cluster": "x", "formula": "Au3Cl3", "kind": "predicted", "target": "gap", "method": "optical"}
    row |= {"value": 1.0, "unit": "eV", "lower": 0.5, "upper": 2.0, "basis": "calculation", "applicability": "inside"}
    assert words_after(answer([row])[-1], "compare")[0] == name


def test_one_atom_is_no_plural(tmp_path: Path) -> None:
    path = tmp_path / "gold.xyz"
    path.write_text("1\n\nAu 0 0 0\n")
    shown = "\n".join(str(part) for part in inspection_tables(mlcluster.inspect([path])))
    assert "1 atom," in shown and "1 atoms" not in shown
