"""The numbers two papers state beside those computed here: ``python -m tests.comparison.papers`` writes docs/papers.md.

The structures are stand-ins with the published counts, as the crystals are not part of the project.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlcluster import Cluster
from mlcluster.anatomy import Anatomy
from mlcluster.anatomy.description import describe
from mlcluster.comparison.measured import measured_values, record_values
from mlcluster.data import load
from mlcluster.design.frameworks import build
from mlcluster.geometry.bonds import cluster_bonds
from mlcluster.labels.literature import clusters
from mlcluster.match.core_sentences import match_sentences
from mlcluster.match.cores import match_cores
from mlcluster.match.differences import core_differences
from mlcluster.match.relation import relation_between
from mlcluster.photophysics.mass_spectrum import mass_to_charge
from tests.anatomy.stand_ins import stand_in
from tests.photophysics import worked_page

FILE = Path(__file__).resolve().parents[2] / "docs" / "papers.md"

HEAD = """# The papers' numbers beside ours

What can be computed or checked of the two papers, with the command and what comes out. Where a paper's raw data are not
public the files in docs/data are **simulated** from its printed numbers (`python -m tests.photophysics.simulated`), so
that the commands can be tried and their answers judged; they are nobody's measurements.

Computed by `python -m tests.comparison.papers`; a test repeats it. The crystals are not part of the package, so the
structures here are **stand-ins**: model rods with PPh3 for the isomers E and S, and for Au21 and Au22 a capped
icosahedron that carries the published number of each part (which atoms each ligand bridges is not in the text, and
arbitrary here). What depends on where atoms are can only be compared once you have the crystals
([comparison.md](comparison.md)).
"""


class Row(NamedTuple):
    """What is stated, what is computed, and why they differ."""

    quantity: str
    published: str
    ours: str
    reason: str


@cache
def es_pair() -> tuple[Cluster, Cluster]:
    """E and S of [Au13Ag12(PPh3)10Cl8]+ as model rods with the real ligands."""
    return build("rod-eclipsed", r="Ph"), build("rod-staggered", r="Ph")


@cache
def gold_pair() -> tuple[Cluster, Cluster]:
    """Stand-ins for Au21 and Au22: the second, and the second without one capping gold and its phosphine."""
    full = stand_in(4)
    bonds = cluster_bonds(full.numbers, full.positions)
    ligand = [x for x in Anatomy(full).ligands if full.numbers[x.donors[0]] == 15][-1]
    (gold,) = [j for j in bonds.second[bonds.first == ligand.donors[0]].tolist() if full.numbers[j] == 79]
    keep = np.setdiff1d(np.arange(len(full)), [gold, *ligand.atoms])
    lacking = full.replace(
        numbers=full.numbers[keep],
        positions=full.positions[keep],
        labels=tuple(np.array(full.labels)[keep].tolist()),
        charge=1,
        name="stand-in with 3 phosphines",
    )
    return lacking, full


@cache
def isomer_rows() -> list[Row]:
    """Rows of 10.1038/s41467-020-19789-4."""
    e, s = es_pair()
    facts = describe(Anatomy(e)), describe(Anatomy(s))
    electrons = [x["valence_electrons"] for x in facts]
    halides = [", ".join(f"{n} on {m}" for m, n in x["shape"]["halide_bridging"].items() if int(m) > 1) for x in facts]
    match = match_cores(Anatomy(e), Anatomy(s))
    relation = relation_between(e, s, match, core_differences(match))
    whole, lost = (
        mass_to_charge(e.composition, 1),
        mass_to_charge(e.composition, 1, loss={"Cl": 1}, lost_charge=-1),
    )
    return [
        Row(
            "valence electrons",
            "16 = 25 - 8 - 1, two superatoms of 8",
            f"{electrons[0]['count']} and {electrons[1]['count']}, {electrons[0]['shells']}",
            "equal",
        ),
        Row(
            "kernel",
            "vertex-sharing bi-icosahedra, D5h (E) and D5d (S)",
            f"{facts[0]['shape']['kernel']}, {_group(facts[0])} and {_group(facts[1])}",
            "equal; a crystal is less symmetric than the model by its tolerance",
        ),
        Row(
            "bridging chlorides (metals bridged)",
            "5 on 2, 1 on 4 (E); 4 on 2, 2 on 3 (S)",
            f"{halides[0]} (E); {halides[1]} (S)",
            "equal: the models are built so",
        ),
        Row(
            "relation",
            "isomers by the turn of the two icosahedra",
            f"{relation.word} ({relation.kind}): {relation.reason.split(': ')[-1]}",
            "equal; the model is turned by the full 36 degrees, a crystal by what it is",
        ),
        Row("m/z of the intact ion", "6761.46", f"{whole:.2f}", _mass_reason(whole, 6761.46)),
        Row("m/z of the dication, less Cl-", "3363.00", f"{lost:.2f}", _mass_reason(lost, 3363.00)),
        *_gap_rows(),
    ]


def _group(facts: dict[str, Any]) -> str:
    return facts["shape"]["point_group"]["symbol"]


def _mass_reason(ours: float, published: float) -> str:
    off = ours - published
    return (
        "equal as printed"
        if abs(off) < 0.005
        else f"{off:+.2f}: atomic masses of another year, or rounding; within 0.1"
    )


def _gap_rows() -> list[Row]:
    """Measured optical gaps, and the calculated ones of the models with PH3 that the package learned from."""
    values = measured_values(*es_pair(), ("Au13Ag12_PPh3_10_Cl8_E", "Au13Ag12_PPh3_10_Cl8_S"))
    measured = {v.side: v.value for v in values if v.target == "gap"}
    wanted = {"E isomer": "a", "S isomer": "b"}
    gaps: dict[str, dict[str, float]] = {}
    for item in load("gfn1_models"):
        for start, side in wanted.items():
            if item.edits == "parent" and item.cluster.name.startswith(start):
                for label in item.labels:
                    gaps.setdefault(label.method, {})[side] = label.value
    rows = []
    for method, of in sorted(gaps.items()):
        if set(of) == {"a", "b"}:
            rows.append(
                Row(
                    f"gap, S less E (calculated by {method}, PH3 for PPh3)",
                    f"{measured['b'] - measured['a']:+.2f} eV ({measured['a']:.2f} and {measured['b']:.2f}, optical)",
                    f"{of['b'] - of['a']:+.2f} eV ({of['a']:.2f} and {of['b']:.2f})",
                    "a calculated gap of a model is no optical onset: the measured difference is not in it, nor in "
                    "anything learned from it",
                )
            )
    return rows


@cache
def defect_rows() -> list[Row]:
    """Rows of 10.1038/s41467-025-65024-3."""
    a, b = gold_pair()
    facts = describe(Anatomy(a)), describe(Anatomy(b))
    match = match_cores(Anatomy(a), Anatomy(b))
    differences = core_differences(match)
    relation = relation_between(a, b, match, differences)
    gain = next(sentence for sentence in match_sentences(match, differences) if "more" in sentence)
    table = clusters()
    # The stand-ins have methyl in place of adamantyl, so that no record may be named for them.
    sides = {"a": "Au21_SAdm12_PPh2py3", "b": "Au22_SAdm12_PPh2py4"}
    values = [v for side, name in sides.items() for v in record_values(side, table[name], "stated")]
    rates = {(v.side, v.target): v.value for v in values}
    return [
        Row("kernel", "Au17 and Au18", " and ".join(x["parts"]["kernel"] for x in facts), _BY_CONSTRUCTION),
        Row("staples", "4 Au(SR)2 in both", " and ".join(map(_motifs, ("staples",) * 2, facts)), _BY_CONSTRUCTION),
        Row("bridges", "4 mu2-SR in both", " and ".join(map(_motifs, ("bridges",) * 2, facts)), _BY_CONSTRUCTION),
        Row("phosphines", "3 and 4 PPh2py", " and ".join(map(_phosphines, facts)), _BY_CONSTRUCTION),
        Row(
            "valence electrons",
            "8 = 21 - 12 - 1 and 8 = 22 - 12 - 2",
            " and ".join(str(x["valence_electrons"]["count"]) for x in facts),
            "equal",
        ),
        Row(
            "relation",
            "Au21 lacks one Au and one PPh2py of Au22",
            f"{relation.word}: {gain}",
            "equal; the labels are those of the stand-in",
        ),
        *(
            Row(
                f"{symbol} of Au21 and Au22 (1/s)",
                published,
                f"{rates['a', name]:.2e} and {rates['b', name]:.2e}",
                "equal as printed: computed from the measured yields and lifetimes",
            )
            for symbol, name, published in (
                ("k_r", "radiative_rate", "4.94e4 and 1.25e5"),
                ("k_nr", "nonradiative_rate", "3.28e5 and 1.37e5"),
            )
        ),
        Row(
            "emission, yield, lifetime",
            "; ".join(_measured(rates, side) for side in "ab"),
            "shown as measured; predicted from the formula by `mlcluster compare`",
            "the four systems are never learned from; a prediction from the formula is wide, see the report",
        ),
    ]


_BY_CONSTRUCTION = "equal: the stand-in carries these counts, and the recognition finds them"


def _measured(values: dict[tuple[str, str], float], side: str) -> str:
    photons, lifetime = values[side, "quantum_yield"], values[side, "lifetime"]
    return f"{values[side, 'emission']:.0f} nm, {photons:.4f}, {lifetime:.2f} us"


def _motifs(kind: str, facts: dict[str, Any]) -> str:
    return ", ".join(f"{n} {formula}" for formula, n in facts["parts"][kind].items())


def _phosphines(facts: dict[str, Any]) -> str:
    return ", ".join(f"{x['count']} {x['abbreviation']}" for x in facts["ligands"] if x["kind"] == "phosphine")


def markdown(commands: bool = True) -> str:
    """The page, with what the commands print or without."""
    parts = [HEAD]
    for title, doi, rows, steps in (
        ("Isomers E and S of [Au13Ag12(PPh3)10Cl8]+", "10.1038/s41467-020-19789-4", isomer_rows(), worked_page.FIRST),
        (
            "[Au21(SAdm)12(PPh2py)3]+ and [Au22(SAdm)12(PPh2py)4]2+",
            "10.1038/s41467-025-65024-3",
            defect_rows(),
            worked_page.SECOND,
        ),
    ):
        parts += [f"## {title}", "", f"[{doi}](https://doi.org/{doi})", ""]
        parts += ["| quantity | published | ours | why they differ |", "|---|---|---|---|"]
        parts += [f"| {' | '.join(row)} |" for row in rows]
        parts.append("")
        if commands:
            parts += [worked_page.TITLE, "", *worked_page.section(steps)]
    return "\n".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    FILE.write_text(markdown(), encoding="utf-8")
