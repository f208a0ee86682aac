"""What is owed for a prediction follows from the record of the model that made it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mlcluster.cli.main import app
from mlcluster.errors import InputError
from mlcluster.experiment.bibliography import by_doi, entries
from mlcluster.experiment.cite import cite
from mlcluster.experiment.references import GFN1, OF_METHODS, PAINN, PYMATGEN, Reference, reference_of
from mlcluster.labels.literature import touchstones
from mlcluster.labels.methods import METHODS
from mlcluster.levels.formula.predict import load_formula_model
from mlcluster.levels.network import load_ensemble
from mlcluster.resources import bundled_model_dir

STRUCTURE = load_ensemble(bundled_model_dir()).short_hash
FORMULA = load_formula_model(bundled_model_dir("formula")).short_hash


def row(model: str, target: str, method: str) -> dict[str, object]:
    return {"file": "a.cif", "target": target, "method": method, "value": 1.0, "model": model}


def keys(result: dict, role: str) -> set[str]:
    return {each["key"] for each in result["citations"] if each["role"] == role}


def parsed(text: str) -> list[tuple[str, str, dict[str, str]]]:
    """Kind, key and fields of BibTeX entries, by the rules of BibTeX: a field ends with the brace that closes it."""
    entries = []
    while text.strip():
        head = re.match(r"\s*@(\w+)\{([^\s,{}%#~\\\"]+),", text)
        assert head, text[:80]
        text, fields = text[head.end() :], {}
        while not (end := re.match(r"\s*\}", text)):
            name = re.match(r"\s*(\w+) = (?=\{)", text)
            assert name, text[:80]
            value, text = closed(text[name.end() :])
            fields[name.group(1)] = value if name.group(1) in ("doi", "url") else unescaped(name.group(1), value)
            assert text.startswith(","), text[:80]
            text = text[1:]
        text = text[end.end() :]
        entries.append((head.group(1), head.group(2), fields))
    return entries


def closed(text: str) -> tuple[str, str]:
    """What stands in the braces that text begins with, and what follows."""
    depth = 0
    for place, mark in enumerate(text):
        depth += (mark == "{") - (mark == "}")
        if depth == 0:
            return text[1:place], text[place + 1 :]
    raise AssertionError(f"a brace is not closed: {text[:80]}")


def unescaped(name: str, value: str) -> str:
    """Text that TeX would print."""
    if name == "title":
        value, rest = closed(value)
        assert not rest
    words = {"left": "{", "right": "}", "slash": "\\", "tilde": "~", "circum": "^"}
    pattern = r"\{\\text(?:brace|back|ascii)(left|right|slash|tilde|circum)\}|\\([&%#_$])|([&%#_$~^\\])"

    def one(found: re.Match[str]) -> str:
        assert found.group(3) is None, f"not escaped: {value}"
        return words[found.group(1)] if found.group(1) else found.group(2)

    return re.sub(pattern, one, value)


def test_only_what_the_predictions_rest_on(tmp_path: Path) -> None:
    rows = [row(STRUCTURE, "gap", "gfn1-xtb"), {"file": "b.cif", "error": "no atoms."}]
    (tmp_path / "p.json").write_text(json.dumps(rows), encoding="utf-8")
    found = cite(tmp_path / "p.json")
    assert found["models"] == [STRUCTURE]
    assert {"schuett2021painn", "grimme2017gfn1"} <= keys(found, "method")
    assert "perdew1996pbe" not in keys(found, "method") and "data-gfn1_models" in keys(found, "data")
    assert not any(key.startswith("measurement") for key in keys(found, "data"))


def test_measurements_are_owed_to_those_who_measured(tmp_path: Path) -> None:
    table = tmp_path / "p.csv"
    table.write_text(f"file,target,method,value,model\na,quantum_yield,measured,0.1,{FORMULA}\n", encoding="utf-8")
    found = cite(table)
    measured = [each for each in found["citations"] if each["why"].startswith("measured")]
    assert len(measured) > 20 and all("quantum_yield" in each["why"] for each in measured)
    assert "schuett2021painn" not in keys(found, "method")
    # Measurements that nothing was trained on are not owed for a prediction.
    dois = {record.source for name in ("E", "S") for record in touchstones()[name]}
    assert not dois & {each["doi"] for each in measured}


def test_both_levels_without_a_file() -> None:
    found = cite()
    assert found["models"] == [STRUCTURE, FORMULA]
    assert len({each["key"] for each in found["citations"]}) == len(found["citations"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps([row("0" * 12, "gap", "gfn1-xtb")]), "not known here.*--model"),
        (json.dumps([{"file": "a.cif"}]), "does not hold predictions"),
        (json.dumps([{"file": "a.cif", "error": "no atoms."}]), "there is no prediction"),
        ("[", "cannot read the predictions"),
    ],
)
def test_other_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "p.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        cite(tmp_path / "p.json")


def test_references_are_whole() -> None:
    for method, works in OF_METHODS.items():
        assert method in METHODS
        for work in works:
            assert work.authors and work.year and re.fullmatch(r"10\.\d{4,9}/\S+", work.doi)
    odd = Reference(key="x", title="Gold & silver: 100% of a_b")
    assert r"Gold \& silver: 100\% of a\_b" in odd.bibtex
    assert reference_of("10.1039/c5sc02134k", "y").text == "Chem. Sci., https://doi.org/10.1039/c5sc02134k"


def test_bibtex_gives_back_what_was_cited() -> None:
    found = cite()["citations"]
    parts = parsed("\n".join(each["bibtex"] for each in found))
    assert [key for _, key, _ in parts] == [each["key"] for each in found]
    for each, (kind, _, fields) in zip(found, parts, strict=True):
        assert fields.get("doi") == each["doi"]
        assert all(value in each["text"] for name, value in fields.items() if name in ("journal", "year", "volume"))
        if "title" in fields:
            assert fields["title"] in each["text"] or fields["title"] == f"doi:{each['doi']}"
        assert (kind == "article") == ("journal" in fields)
    assert len(parts) > 40 and sum("doi" in fields for *_, fields in parts) > 30


def test_works_with_a_doi_are_articles_with_a_journal() -> None:
    parts = {fields["doi"]: (kind, fields) for kind, _, fields in parsed(cite_text()) if "doi" in fields}
    assert len(parts) > 50
    without = {doi for doi, (kind, _) in parts.items() if kind != "article"}
    assert without == {"10.2139/ssrn.4841518"}, "a preprint server is no journal"
    kind, fields = parts["10.1039/d4nr00677a"]
    assert (fields["journal"], fields["year"]) == ("Nanoscale", "2024") and "Jin, Rongchao" in fields["author"]


def cite_text() -> str:
    return "\n".join(each["bibtex"] for each in cite()["citations"])


def test_every_shipped_entry_is_whole_and_comes_back() -> None:
    assert len({entry.fields["doi"].lower() for entry in entries().values() if "doi" in entry.fields}) > 10
    for key, entry in entries().items():
        ((kind, name, fields),) = parsed(Reference.of(entry).bibtex)
        assert (kind, name) == (entry.kind, key)
        assert {field: value.replace("--", "-") for field, value in fields.items()} == {
            field: value.replace("--", "-") for field, value in entry.fields.items()
        }
        assert {"doi", "url", "title"} & set(entry.fields), f"{key} cannot be found"
        assert "year" not in entry.fields or re.fullmatch(r"(19|20)\d\d", entry.fields["year"])
    methods = [PAINN, GFN1, PYMATGEN]
    assert all(work.authors and work.year and work.where for work in methods)


def test_the_isomers_are_a_whole_article() -> None:
    entry = by_doi("10.1038/S41467-020-19789-4")
    assert entry is not None and entry.kind == "article"
    assert entry.fields["journal"] == "Nat. Commun." and entry.fields["author"].startswith("Qin, Zhaoxian and ")
    assert by_doi("10.1038/s41467-025-65024-3") is not None and by_doi("10.1000/x") is None
    quoted = reference_of("Source of Bright Near-Infrared Luminescence in Gold Nanoclusters; 2021; ACS Nano", "x")
    assert (quoted.kind, quoted.where, quoted.year) == ("article", "ACS Nano", "2021")


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet='aü &%#_$~^{}\\"@,=\n', min_size=1).filter(str.strip))
@example("Gold & silver: 100% of a_b {open \\ $x^2$ ~ #1 }} @misc{x,")
def test_any_title_survives_bibtex(title: str) -> None:
    work = Reference(key="x", authors="{The A & B team} and Ü, V.", title=title, where=title, doi="10.1000/a_b%c{d")
    ((_, _, fields),) = parsed(work.bibtex)
    plain = " ".join(title.split())
    assert (fields["title"], fields["howpublished"]) == (plain, plain)
    assert fields["author"] == "{The A & B team} and Ü, V." and fields["doi"] == "10.1000/a_b%c%7Bd"


def test_free_citations_have_clean_keys_and_dois() -> None:
    work = reference_of("Wei et al. (10.1016/S0022-2313(01)00123-4)", "data-my set, {old}")
    assert (work.doi, work.key) == ("10.1016/S0022-2313(01)00123-4", "data-my-set---old-")
    assert parsed(work.bibtex)[0][1] == work.key


def test_command_prints_lists_and_bibtex(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([row(STRUCTURE, "gap", "gfn1-xtb")]), encoding="utf-8")
    shown = CliRunner().invoke(app, ["cite", str(tmp_path / "p.json")])
    assert shown.exit_code == 0 and "Equivariant message passing" in " ".join(shown.stdout.split())
    printed = CliRunner().invoke(app, ["cite", str(tmp_path / "p.json"), "--bibtex"]).stdout
    assert printed.count("\n}") == len(cite(tmp_path / "p.json")["citations"])
    wrong = CliRunner().invoke(app, ["cite", str(tmp_path / "absent.csv")])
    assert wrong.exit_code == 2 and "no such file" in wrong.output
