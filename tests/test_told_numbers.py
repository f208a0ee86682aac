"""Numbers that README and guides tell of are those of the files that commands wrote, or that is computed from them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest

from mlcluster.resources import dataset_dir
from tests.cli.snapshots import printed
from tests.test_readme_numbers import CALCULATION, CHECKOUT, FORMULA, NETWORK, column, scores

WORDS = {name: n for n, name in enumerate("zero one two three four five six seven eight nine ten".split())}
WORDS |= {"eleven": 11, "twelve": 12, "thirteen": 13}
RESULTS = "experiments/calculation_level/RESULTS.md"
DFT, PBE = "gap:dft-ausr-sch3", "gap:dft-pbe-lanl2dz"
LINES = (DFT, "gap:tddft-ausr-sch3", "ionization_energy:delta-scf-ausr-sch3", "electron_affinity:delta-scf-ausr-sch3")
ISOMERS = (LINES[0], LINES[2], LINES[3])


def text(name: str) -> str:
    return " ".join((CHECKOUT / name).read_text(encoding="utf-8").split())


def card(level: str) -> str:
    return (CHECKOUT / "mlcluster" / "model" / "bundled" / level / "MODEL_CARD.md").read_text(encoding="utf-8")


def kept(pattern: str, where: str) -> list[str]:
    """Groups of a pattern that must be in a text."""
    found = re.search(pattern, where)
    assert found is not None, pattern
    return list(found.groups())


def half_width(level: str, start: str) -> float:
    """Least half-width of the interval that a card gives for a channel, or a channel and a kind of pairs."""
    line = next(
        line
        for line in card(level).splitlines()
        if line.startswith(f"- `{start.partition(',')[0]}`")
        and start.partition(",")[2] in line
        and "x sqrt(spread^2" in line
        and (("," in start) == bool(re.match(r"- `[^`]+`, ", line)))
    )
    multiplier, floor = kept(r"([\d.]+) x sqrt\(spread\^2 \+ ([\d.]+)\^2\)", line)
    return float(multiplier) * float(floor)


def pairs(channel: str, kind: str) -> list[object]:
    """Rows, families and half-width of the differences of a kind."""
    line = next(line for line in card(CALCULATION).splitlines() if line.startswith(f"- `{channel}`, {kind}:"))
    families, rows = kept(r"from (\d+) families held out \((\d+) rows\)", line)
    return [rows, families, half_width(CALCULATION, f"{channel}, {kind}")]


def cells(name: str, start: str) -> list[str]:
    """Cells behind the first of the row of a table that begins so."""
    line = next(line for line in (CHECKOUT / name).read_text(encoding="utf-8").splitlines() if line.startswith(start))
    return [cell.strip(" *") for cell in line.strip("| ").split("|")][1:]


def wider(channel: str) -> str:
    line = next(line for line in card(CALCULATION).splitlines() if line.startswith(f"- `{channel}`: 90%"))
    return kept(r"outside the domain ([\d.]+) times wider", line)[0]


def measured_gap(isomer: str) -> float:
    rows = csv.DictReader((dataset_dir("literature") / "measurements.csv").read_text(encoding="utf-8").splitlines())
    return next(float(row["gap_ev"]) for row in rows if row["cluster_id"] == f"Au13Ag12_PPh3_10_Cl8_{isomer}")


def calculated_gaps() -> list[float]:
    found = kept(
        r"\(calculated by gfn1-xtb, PH3 for PPh3\) \|[^|]+\| \S+ eV \(([\d.]+) and ([\d.]+)\)", text("docs/papers.md")
    )
    return [float(value) for value in found]


def real_ligands(column_: int) -> list[str]:
    return [cells(RESULTS, f"| {name} |")[column_] for name in ("gap", "ionization energy", "electron affinity")]


def gfn1_rows() -> list[str]:
    return [
        column(NETWORK, "n", "gap:gfn1-xtb", "network"),
        kept(r"`gap:gfn1-xtb`: \S+ entries of (\d+) families", card(NETWORK))[0],
        column(NETWORK, "n", PBE, "network"),
        kept(rf"`{PBE}`: \S+ entries of (\d+) families", card(NETWORK))[0],
    ]


def isomers(score: str) -> float:
    return float(cells("experiments/isomers/RESULTS.md", f"| {score} |")[0])


def chosen(kind: str) -> list[str]:
    found = cells(RESULTS, f"| {kind}: **chosen**" if kind == "yield" else f"| {kind}, nm: **chosen**")
    return [found[0].partition("±")[0].strip(" *"), found[2].partition("±")[0].strip(" *")]


CASES: list[tuple[str, str, Callable[[], list[object]]]] = [
    (
        "README.md",
        r"gaps of (\S+) idealised model clusters of (\S+) families and PBE gaps of (\S+) of (\S+) families",
        gfn1_rows,
    ),
    (
        "README.md",
        r"over (\S+) clusters of (\S+) families, and of (\S+) pairs of isomers the sign of the gap difference "
        r"is right in (\S+); (\S+) differences are resolved",
        lambda: [
            column(CALCULATION, "rows", DFT),
            column(CALCULATION, "families", DFT),
            pairs(DFT, "isomer")[0],
            *kept(r"sign right in (\d+)", text(RESULTS)),
            *kept(r"is 0.27 eV: (\d+) resolved", text(RESULTS)),
        ],
    ),
    ("README.md", r"with an interval (\S+) times as wide", lambda: [round(float(wider(DFT)))]),
    (
        "README.md",
        r"emitters.yaml`; (\S+) nm and (\S+) among relatives, (\S+) nm and (\S+) in new",
        lambda: [value for pair in zip(chosen("emission"), chosen("yield"), strict=True) for value in pair],
    ),
    ("README.md", r"of GFN1 gaps are (\S+) eV or more to either side", lambda: [half_width(NETWORK, "gap:gfn1-xtb")]),
    (
        "README.md",
        r"that of the PBE gap (\S+) eV \((\S+) and (\S+)\)",
        lambda: scores(NETWORK, "MAE", PBE, "network", "ridge on composition", "mean"),
    ),
    (
        "README.md",
        r"On (\S+) capped clusters of published gold thiolates, never learned from, it is (\S+) eV off the calculation "
        r"\(their mean (\S+)\), and of (\S+) pairs of isomers it has the sign of (\S+) % right",
        lambda: [
            *(isomers(name) for name in ("clusters", "mae ev", "mae of mean ev", "pairs")),
            100 * isomers("right signs"),
        ],
    ),
    (
        "README.md",
        r"the optical gap to (\S+) eV \((\S+)\)",
        lambda: scores(FORMULA, "mae", "gap:optical", "formula", "mean"),
    ),
    (
        "README.md",
        r"differ by (\S+) eV in experiment and by (\S+) eV in the calculations",
        lambda: [measured_gap("E") - measured_gap("S"), calculated_gaps()[1] - calculated_gaps()[0]],
    ),
    (
        "docs/limits.md",
        r"with (\S+) to (\S+) metals",
        lambda: kept(r"H, S, Au; (\d+) to (\d+) metal", card(CALCULATION)),
    ),
    (
        "docs/limits.md",
        r"were (\S+) eV too high on average, its ionization energies (\S+), and its affinities (\S+) eV",
        lambda: [value.lstrip("+-") for value in real_ligands(1)],
    ),
    (
        "docs/limits.md",
        r"compressed: (\S+) \+- (\S+) eV below",
        lambda: kept(r"they are (\S+) \+- (\S+) eV low", text("datasets/gfn1_models/CARD.md")),
    ),
    ("docs/limits.md", r"measured (\S+) and (\S+) eV\)", lambda: [measured_gap("E"), measured_gap("S")]),
    ("docs/limits.md", r"(\S+) structural families", lambda: gfn1_rows()[1:2]),
    (
        "docs/limits.md",
        r"GFN1-xTB gaps go (\S+) of the way from a random order to the best one, by latent distance (\S+)\.",
        lambda: kept(r"The width gains (\S+) .*? latent distance (\S+)\.", text("experiments/shipped_model/README.md")),
    ),
    (
        "docs/limits.md",
        r"at least (\S+) eV to either side for GFN1-xTB gaps",
        lambda: [half_width(NETWORK, "gap:gfn1-xtb")],
    ),
    (
        "docs/limits.md",
        r"Coverage of these gaps is (\S+), somewhere between (\S+) and (\S+):",
        lambda: kept(
            r"([\d.]+) \(([\d.]+) to ([\d.]+)\)", column(NETWORK, "coverage of 90 %", "gap:gfn1-xtb", "network")
        ),
    ),
    (
        "docs/formula.md",
        r"about (\S+) nm off on average where the mean of all others is (\S+) nm",
        lambda: scores(FORMULA, "mae", "emission:measured", "formula", "mean"),
    ),
    (
        "docs/formula.md",
        r"from (\S+) measurements, hardly",
        lambda: [column(FORMULA, "n", "lifetime:measured", "formula")],
    ),
    (
        "docs/formula.md",
        r"from (\S+) measured gaps of (\S+) families",
        lambda: [
            column(FORMULA, "n", "gap:optical", "formula"),
            *kept(r"`gap:optical`: 90% intervals .*? from (\d+) families", card(FORMULA)),
        ],
    ),
    (
        "docs/calculations.md",
        r"half-widths of (\S+), (\S+), (\S+), (\S+) and (\S+) eV",
        lambda: [half_width(CALCULATION, channel) for channel in (*LINES, PBE)],
    ),
    ("docs/calculations.md", r"thiolate lines are (\S+) times wider", lambda: [wider(DFT)]),
    (
        "docs/calculations.md",
        r"wrong by \+(\S+) ± (\S+) eV \(gap\), \+(\S+) ± (\S+) \(ionization energy; .*?\) and -(\S+) ± (\S+) \(",
        lambda: kept(
            r"wrong by \+(\S+) \+- (\S+) eV \(gap\), \+(\S+) \+- (\S+) eV .*? and -(\S+) \+- (\S+) eV",
            card(CALCULATION),
        ),
    ),
    (
        "docs/calculations.md",
        r"spread: half-widths of (\S+), (\S+) and (\S+) eV in place of (\S+), (\S+) and ([\d.]+)\.",
        lambda: [*real_ligands(3), *(half_width(CALCULATION, channel) for channel in ISOMERS)],
    ),
    (
        "docs/calculations.md",
        r"largest of their errors: (\S+) eV \(gap\), (\S+) \(ionization energy\), (\S+) \(affinity\)",
        lambda: [pairs(channel, "isomer")[2] for channel in ISOMERS],
    ),
    (
        "docs/calculations.md",
        r"\(affinity\)\. (\S+) of the (\S+) differences of the gap are resolved",
        lambda: [*kept(r"is 0.27 eV: (\d+) resolved", text(RESULTS)), pairs(DFT, "isomer")[0]],
    ),
    (
        "docs/calculations.md",
        r"isomers (\S+) pairs of (\S+) families \((\S+) eV\), dopings (\S+) of (\S+) \((\S+)\), "
        r"ligand exchanges (\S+) of (\S+) \((\S+)\)",
        lambda: [value for kind in ("isomer", "doping", "ligand exchange") for value in pairs(PBE, kind)],
    ),
    (
        "docs/calculations.md",
        r"own offset: (\S+) eV with the family held out \((\S+) clusters, (\S+) families, mean (\S+);",
        lambda: [column(CALCULATION, name, PBE) for name in ("mae", "rows", "families", "mae_of_mean")],
    ),
    (
        "docs/calculations.md",
        r"were there first (\S+) to one line's (\S+)\)",
        lambda: [cells(RESULTS, "| PBE gap: ridge on every")[1], cells(RESULTS, "| PBE gap, eV: one line")[1]],
    ),
    (
        "docs/calculations.md",
        r"predicted to (\S+) nm and (\S+), new coordinations only to (\S+) nm",
        lambda: [chosen("emission")[0], chosen("yield")[0], chosen("emission")[1]],
    ),
    (
        "docs/page.md",
        r"held (\S+) GB in all",
        lambda: kept(r"two processes \| ([\d.]+) GB", text("benchmarks/SERVE_LOAD.md")),
    ),
    ("docs/anatomy.md", r"Of (\S+) clusters with published counts (\S+) are met", lambda: list(met_anatomies())),
]


def met_anatomies() -> tuple[int, int]:
    """Clusters of the table, and those of which some structure has the published parts."""
    lines = (CHECKOUT / "benchmarks" / "ANATOMY_TABLE.md").read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.count(" | ") == 4]
    counted = [row for row in rows if row[2].isdigit()]
    return len(counted), sum(int(row[3]) > 0 for row in counted)


@pytest.mark.parametrize(
    ("page", "sentence", "wanted"), CASES, ids=[f"{page}-{n}" for n, (page, *_) in enumerate(CASES)]
)
def test_numbers_of_pages_are_those_of_files(page: str, sentence: str, wanted: Callable[[], list[object]]) -> None:
    found = re.search(sentence, text(page))
    assert found is not None, sentence
    for told, exact in zip(found.groups(), wanted(), strict=True):
        told = str(WORDS.get(told.lower(), told)).replace(",", "")
        decimals = len(told.partition(".")[2])
        # Files are rounded themselves: a half of the last place may go either way.
        assert abs(float(told) - float(str(exact).replace(",", ""))) <= 0.5 * 10.0**-decimals + 1e-3, (told, exact)


def test_the_example_of_the_readme_is_what_the_command_prints() -> None:
    example = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition('$ mlcluster predict --formula "')[2]
    formula, _, rest = example.partition('"\n')
    shown = rest.partition("...\n```")[0]
    assert len(shown) > 200 and printed("predict", "--formula", formula, width=80).startswith(shown)
