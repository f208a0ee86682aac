"""What is seen, measured and predicted of one cluster, as the sentences a chemist reads first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlcluster.chem.elements import METALS, SYMBOLS
from mlcluster.labels.literature.known_values import values_in_words
from mlcluster.units import interval_text, number_text

_METALS = frozenset(SYMBOLS[z] for z in METALS)
_ASSUMED = "charge_assumed_zero"
_FIRST = ("gap", "emission", "quantum_yield")
"""Targets whose predictions are worth a sentence; the table has all."""
_FROM = {"network": "structure"}


def short_formula(cluster: Mapping[str, Any]) -> str:
    """Metals, ligands by their abbreviations, charge, of a cluster as `mlcluster.inspect` describes it.

    >>> pet = {"name": "2-phenylethanethiolate", "abbreviation": "PET", "formula": "C8H9S", "count": 18}
    >>> short_formula({"elements": {"Au": 25, "S": 18}, "ligands": [pet], "charge": -1, "formula": "..."})
    '[Au25(PET)18]\N{MINUS SIGN}'
    """
    ligands = cluster.get("ligands") or ()
    if not ligands:
        return str(cluster["formula"])
    metals = "".join(f"{element}{n if n > 1 else ''}" for element, n in _metals(cluster).items())
    named = "".join(_group(one) for one in ligands)
    return f"[{metals}{named}]{charge_in_words(cluster.get('charge'))}"


def charge_in_words(charge: int | None) -> str:
    """Charge as it stands behind a formula; "0" where there is none, nothing where it is unknown.

    >>> [charge_in_words(q) for q in (2, 1, 0, -1, None)]
    ['2+', '+', '0', '\N{MINUS SIGN}', '']
    """
    if charge is None:
        return ""
    number = str(abs(charge)) if abs(charge) != 1 else ""
    return f"{number}{'+' if charge > 0 else chr(0x2212)}" if charge else "0"


def plain_words(
    cluster: Mapping[str, Any],
    measured: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    report: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Sentences on one cluster: what it is, what is measured, what is predicted best, what is doubtful.

    Parameters
    ----------
    cluster, measured
        As `mlcluster.inspect` gives them.
    rows
        Of `mlcluster.predict` for it, the best level of each target first; where they come with sentences of their own
        these are taken.
    report
        As `mlcluster.inspect` gives it.
    """
    told = [_what_it_is(cluster)]
    answer = next((row["sentences"] for row in rows if row.get("sentences")), None)
    if answer is not None:
        told += without_command(answer[1:])  # the first names the cluster as well
    else:
        told += _measured_and_predicted(measured, rows)
    if any(entry["code"] == _ASSUMED for entry in report):
        told.append("The file does not say the charge and 0 was taken: state it if that is wrong, as much rests on it.")
    return told


def _measured_and_predicted(measured: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    told = [f"Measured: {values_in_words(measured)}." if measured else "No measurement of this compound is known here."]
    best = [row for row in best_rows(rows) if row["target"] in _FIRST]
    if best:
        told.append(f"Predicted: {'; '.join(map(_predicted, best))}.")
    outside = [row["target"].replace("_", " ") for row in best if row["applicability"] == "outside"]
    if outside:
        told.append(f"For {' and '.join(outside)} the model has not learned from clusters like this one.")
    return told


def without_command(sentences: Iterable[str]) -> list[str]:
    """Sentences without the one that says what to type next: a page has buttons for that."""
    return [sentence for sentence in sentences if not sentence.startswith("Next: ")]


def best_rows(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first row of each target that tells more than the mean does, in the order of the rows."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        if row.get("kind") != "measured" and "error" not in row and row.get("informative") is not False:
            found.setdefault(row["target"], row)
    return list(found.values())


def _metals(cluster: Mapping[str, Any]) -> dict[str, int]:
    return {element: n for element, n in cluster["elements"].items() if element in _METALS}


def _group(ligand: Mapping[str, Any]) -> str:
    name, count = ligand.get("abbreviation") or ligand["formula"], ligand["count"]
    inner = name if name in SYMBOLS else f"({name})"
    return f"{inner}{count if count > 1 else ''}"


def _what_it_is(cluster: Mapping[str, Any]) -> str:
    metals = _metals(cluster)
    counted = " and ".join(f"{n} {element}" for element, n in metals.items()) or "no metal"
    ligands = ", ".join(f"{one['count']} {one['name']}" for one in cluster.get("ligands") or ())
    text = f"{cluster['n_atoms']} atoms with {counted}" + (f", held by {ligands}" if ligands else "") + "."
    parts, shape = cluster.get("parts") or {}, cluster.get("shape") or {}
    if parts.get("kernel"):
        around = ", ".join(f"{n} {formula}" for formula, n in (parts.get("staples") or {}).items())
        text += f" The kernel is {parts['kernel']}" + (f" ({shape['kernel']})" if shape.get("kernel") else "")
        text += f", with {around} around it." if around else "."
    electrons = cluster.get("valence_electrons") or {}
    if electrons.get("count") is not None:
        known = "" if cluster.get("charge") is not None else " if the charge is 0"
        text += f" It counts {electrons['count']} valence electrons{known}."
    return text


def _predicted(row: Mapping[str, Any]) -> str:
    name = row["target"].replace("_", " ")
    method = "" if row["method"] in ("measured", "measured-not-stated") else f" ({row['method']})"
    unit = "" if row["unit"] == "fraction" else f" {row['unit']}"
    return (
        f"{name}{method} {number_text(row['value'], row['unit'])}{unit} "
        f"({interval_text(row['lower'], row['upper'], row['unit'])}), from the {_FROM.get(row['basis'], row['basis'])}"
    )
