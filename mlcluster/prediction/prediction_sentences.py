"""What the rows of `predict` say in plain words: the paragraph that answers before any table does."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcluster.anatomy import Anatomy
from mlcluster.chem.elements import SYMBOLS
from mlcluster.display import shell_word
from mlcluster.labels.label_records import FLAGS
from mlcluster.labels.literature.known_values import OWN, values_in_words
from mlcluster.labels.literature.nearest_compounds import Profile, profile_of_structure
from mlcluster.labels.methods import METHODS
from mlcluster.labels.targets import LOG10, TARGETS
from mlcluster.prediction.measured_rows import MEASURED
from mlcluster.units import interval_text, number_text

Row = Mapping[str, Any]

AVERAGE = "no better than the average of known clusters"
DECADES = 2.0
"""An interval over more than so many powers of ten tells no value."""
MOST_VALUES, MOST_RECORDS, MOST_REASONS = 4, 3, 3
"""What a sentence lists at most; tables have the rest."""

LIGANDS_CUT = (
    "Ligands were cut down for the calculation, and its intervals allow for that: they are wider than those of the "
    "capped file."
)

_FROM = {
    "calculation": "From a calculation of the capped cluster",
    "network": "From the structure",
    "formula": "From the formula",
}


def answer(rows: Sequence[Row], *, what: str = "") -> list[str]:
    """Sentences about one cluster: what it is, what is measured, what is predicted, how sure that is, what to do next.

    Parameters
    ----------
    rows
        Of one cluster, as `mlcluster.predict` gives them.
    what
        What the cluster is, as `description` says; its formula otherwise.

    Returns
    -------
    list[str]
        None of them for rows without a cluster. The last sentence is a command, behind "Next: ".

    Examples
    --------
    >>> row = dict(file="", cluster="x", formula="[Au25(SR)18]-", kind="predicted", target="quantum_yield")
    >>> row |= dict(method="measured", value=0.1, unit="fraction", lower=0.0, upper=0.9, basis="formula")
    >>> answer([row | {"informative": False, "applicability": "inside"}])[2]
    'Quantum yield: no better than the average of known clusters: 0.00 to 0.90.'
    """
    rows = [row for row in rows if "error" not in row]
    if not rows:
        return []
    name = name_of(rows[0]) if rows[0]["file"] else ""
    sentences = [f"{name}: {what or rows[0]['formula']}.".removeprefix(": ")]
    sentences += measured_sentences([row for row in rows if row.get("kind") == MEASURED])
    best = best_rows(rows)
    told = [row for row in best if row.get("informative") is not False]
    for origin in dict.fromkeys(map(_from, told)):
        sentences.append(f"{origin}: {', '.join(_named(row) for row in told if _from(row) == origin)}.")
    sentences += _sureness(told)
    sentences += [LIGANDS_CUT] if any(row.get("ligands_cut") for row in told) else []
    sentences += [_sentence(f"{_quantity(row)}: {value_in_words(row)}") for row in best if row not in told]
    if missing := next((row for row in rows if row.get("not_calculated")), None):
        reason = missing["not_calculated"].removeprefix(f"{missing['cluster']}: ").partition(" Found:")[0]
        sentences.append(f"It was not calculated: {reason}")
    return [*sentences, f"Next: {_next(rows)}"]


def _from(row: Row) -> str:
    """What a value is predicted from, and what was done to that first; warnings behind it are for the tables."""
    basis = row.get("basis", "network")
    return ", ".join(filter(None, (_FROM.get(basis, basis), row.get("note", "").partition(";")[0])))


def name_of(row: Row) -> str:
    """File and cluster of a row; one of them where both say the same."""
    if not row["file"] or Path(row["file"]).name.partition(".")[0] == row["cluster"]:
        return row["file"] or row["cluster"]
    return f"{row['file']}, {row['cluster']}"


def with_answer(rows: list[dict[str, Any]], what: str = "") -> list[dict[str, Any]]:
    """The rows of one cluster, the first with its `answer` as ``"sentences"``."""
    return [{**row, "sentences": answer(rows, what=what)} if not number else row for number, row in enumerate(rows)]


def description(cluster: Anatomy | Profile, name: str = "") -> str:
    """Formula with ligands and charge, electrons and kernel, as a chemist would introduce the cluster.

    Parameters
    ----------
    cluster
        The cluster, or the profile of a formula.
    name
        What stands for the formula where somebody wrote one.
    """
    profile = cluster if isinstance(cluster, Profile) else profile_of_structure(cluster)
    electrons = f"{profile.electrons} valence electrons" if profile.electrons is not None else ""
    return ", ".join(filter(None, (name or _formula(profile), electrons, profile.kernel)))


def _formula(profile: Profile) -> str:
    parts = [*profile.metals.items()]
    parts += [(name if name in SYMBOLS else f"({name})", n) for name, n in profile.ligands.items()]
    formula = "".join(f"{name}{n if n > 1 else ''}" for name, n in parts)
    if profile.charge is None:
        return f"{formula}, charge unknown"
    size = abs(profile.charge)
    return f"[{formula}]{size if size != 1 else ''}{'+' if profile.charge > 0 else '-' if size else ''}"


def best_rows(rows: Iterable[Row]) -> list[Row]:
    """The prediction that answers for each target: the first of the best level that knows more than the mean."""
    found: dict[str, Row] = {}
    for row in rows:
        if row.get("kind") == MEASURED or "error" in row:
            continue
        kept = found.get(row["target"])
        if kept is None or (kept.get("informative") is False and row.get("informative") is not False):
            found[row["target"]] = row
    return sorted(found.values(), key=lambda row: list(TARGETS).index(row["target"]))


def value_in_words(row: Row) -> str:
    """Value and interval, or in their place that they tell nothing.

    >>> value_in_words(dict(target="gap", unit="eV", value=1.472, lower=0.85, upper=2.09))
    '1.47 eV (0.85 to 2.09)'
    >>> value_in_words(dict(target="lifetime", unit="us", value=1.6, lower=2.9e-05, upper=8.9e4, informative=None))
    'unknown within 2.9e-05 to 8.9e+04 us'
    """
    unit = "" if row["unit"] == "fraction" else f" {row['unit']}"
    interval = interval_text(row["lower"], row["upper"], row["unit"])
    wide = "unknown within " if _spans_decades(row) else ""
    if row.get("informative") is False:
        return f"{AVERAGE}: {wide}{interval}{unit}"
    if wide:
        return f"{wide}{interval}{unit}"
    return f"{number_text(row['value'], row['unit'])}{unit} ({interval})"


def _spans_decades(row: Row) -> bool:
    """Whether the interval of a quantity that is told by its power of ten has more of them than `DECADES`."""
    target = TARGETS.get(row["target"])
    if target is not None and target.transform is not LOG10:
        return False
    return row["lower"] <= 0 or math.log10(row["upper"] / row["lower"]) > DECADES


def measured_sentences(rows: Sequence[Row]) -> list[str]:
    """What is measured, compound by compound; that nothing is known where there are no rows."""
    if not rows:
        return ["No measurement of it is in the literature table."]
    compounds: dict[str, list[Row]] = {}
    for row in rows:
        compounds.setdefault(row.get("record") or row["cluster"], []).append(row)
    if len(compounds) == 1:
        ((name, values),) = compounds.items()
        may_be = "" if values[0]["match"] in ("matched", "named", "stated") else ", if it is this compound"
        return [_sentence(f"measured{may_be} ({_whose(name, values)}): {_chosen(values)}")]
    listed = [f"{_whose(name, values)} {_chosen(values)}" for name, values in list(compounds.items())[:MOST_RECORDS]]
    more = f"; and {len(compounds) - MOST_RECORDS} more" if len(compounds) > MOST_RECORDS else ""
    ours = all(values[0].get("basis") == OWN for values in compounds.values())
    reason = "" if ours else f"; {len(compounds)} known compounds have this formula, and it does not tell which it is"
    return [f"Measured: {'; '.join(listed)}{more}{reason}."]


def _whose(name: str, values: Sequence[Row]) -> str:
    return f"{name}, your own" if values[0].get("basis") == OWN else name


def _chosen(values: Sequence[Row]) -> str:
    """One value of each property, without a flag where there is one; flags in plain words only where they doubt it."""
    chosen: dict[tuple[str, str], Row] = {}
    for row in sorted(values, key=lambda row: bool(_doubts(row))):
        chosen.setdefault((row["target"], row["method"]), row)
    shown = [dict(row) | {"flags": _doubts(row)} for row in list(chosen.values())[:MOST_VALUES]]
    return values_in_words(shown)


def _doubts(row: Row) -> list[str]:
    """Flags that doubt a value; that a system judges this package is none."""
    return [flag.replace("_", " ").lower() for flag in row["flags"] if flag not in FLAGS or FLAGS[flag].liftable]


def _named(row: Row) -> str:
    return f"{_quantity(row)} {value_in_words(row)}"


def quantity_in_words(target: str, method: str) -> str:
    """Target, with its method where there are several kinds of it: a calculated gap is no optical one.

    >>> quantity_in_words("quantum_yield", "measured"), quantity_in_words("gap", "gfn1-xtb")
    ('quantum yield', 'calculated gap (gfn1-xtb)')
    """
    name, kind = target.replace("_", " "), method.removesuffix("-not-stated")
    if kind == "measured":
        return name
    calculated = target == "gap" and method in METHODS and not METHODS[method].measured
    return f"{'calculated ' if calculated else ''}{name} ({kind})"


def _quantity(row: Row) -> str:
    return quantity_in_words(row["target"], row["method"])


def _sureness(told: Sequence[Row]) -> list[str]:
    """What the intervals are, and which values are extrapolations, with the reasons."""
    if not told:
        return []
    levels = sorted({row["level"] for row in told if row.get("level") is not None})
    intervals = f"Brackets are {levels[0]:.0%} intervals. " if len(levels) == 1 else ""
    outside = [row for row in told if row["applicability"] == "outside"]
    if not outside:
        return [f"{intervals}The models have seen such clusters."]
    names = ", ".join(dict.fromkeys(_quantity(row) for row in outside))
    reasons = list(dict.fromkeys(reason for row in outside for reason in row["reasons"]))
    why = "; ".join(reasons[:MOST_REASONS]) + (" ..." if len(reasons) > MOST_REASONS else "")
    which = "All of this is" if len(outside) == len(told) else f"Extrapolated, outside what the model has seen: {names}"
    beyond = " extrapolated, outside what the models have seen" if len(outside) == len(told) else ""
    return [f"{intervals}{which}{beyond} ({why})."]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _next(rows: Sequence[Row]) -> str:
    """The command that tells most beyond this one."""
    file = shell_word(next((row["file"] for row in rows if row["file"]), ""))
    reason = next((row["not_calculated"] for row in rows if row.get("not_calculated")), "")
    if not any(row["file"] for row in rows):
        return "mlcluster predict FILE.cif with the crystal structure: a formula does not tell isomers apart."
    if "--max-seconds" in reason:
        seconds = re.search(r"about (\d+) s", reason)
        least = 60 * math.ceil(1.5 * int(seconds.group(1)) / 60) if seconds else 600
        return f"mlcluster predict {file} --level calculation --max-seconds {least}"
    if "--charge" in reason or "the charge" in reason:
        return f"mlcluster predict {file} --charge Q with the right charge, so that it can be calculated."
    if not reason and not any(row.get("basis") == "calculation" for row in rows):
        return f"mlcluster predict {file} --level calculation"
    return f"mlcluster compare {file} OTHER.cif: the difference from a relative is surer than either value."
