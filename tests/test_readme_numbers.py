"""The scores that the README tells of are those of the cards of the shipped models, which training wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
README = " ".join((CHECKOUT / "README.md").read_text(encoding="utf-8").split())

NETWORK, FORMULA, CALCULATION = "default", "formula", "calculation"
GFN1 = r"the mean error of the GFN1 gap is (\S+) eV over clusters \(ridge (\S+), mean of the other families (\S+)\)"
OVER_FAMILIES = r"and (\S+) eV over families \(ridge (\S+), mean (\S+)\)"
EMISSION = r"emission is met to (\S+) nm \(mean predictor (\S+) nm, ridge (\S+) nm\)"
YIELD = r"not predicted better than by the mean\*\* \((\S+) against (\S+)\)"
CALCULATED = r"the DFT gap is met to (\S+) eV \(mean of the others (\S+)\)"


def column(level: str, heading: str, *cells: str) -> str:
    """Cell below a heading, of the first row of a card that begins with these cells or has them behind its first."""
    card = (CHECKOUT / "mlcluster" / "model" / "bundled" / level / "MODEL_CARD.md").read_text(encoding="utf-8")
    headings: list[str] = []
    for line in card.splitlines():
        found = [cell.strip().strip("`") for cell in line.strip("|").split(" | ")]
        if heading in found:
            headings = found
        elif (
            headings
            and len(found) == len(headings)
            and tuple(cells)
            in (
                tuple(found[: len(cells)]),
                tuple(found[1 : 1 + len(cells)]),
            )
        ):
            return found[headings.index(heading)]
    raise AssertionError(f"{level}: no {heading} of {cells}")


def scores(level: str, heading: str, channel: str, *models: str) -> list[str]:
    return [column(level, heading, channel, model) for model in models]


CASES = [
    (GFN1, scores(NETWORK, "MAE", "gap:gfn1-xtb", "network", "ridge on composition", "mean")),
    (OVER_FAMILIES, scores(NETWORK, "MAE over families", "gap:gfn1-xtb", "network", "ridge on composition", "mean")),
    (EMISSION, scores(FORMULA, "mae", "emission:measured", "formula", "mean", "ridge on composition")),
    (YIELD, scores(FORMULA, "mae", "quantum_yield:measured", "formula", "mean")),
    (CALCULATED, [column(CALCULATION, heading, "gap:dft-ausr-sch3") for heading in ("mae", "mae_of_mean")]),
]


@pytest.mark.parametrize(("sentence", "kept"), CASES, ids=["clusters", "families", "emission", "yield", "calculation"])
def test_scores_are_those_of_the_cards(sentence: str, kept: list[str]) -> None:
    found = re.search(sentence, README)
    assert found is not None, sentence
    for told, exact in zip(found.groups(), kept, strict=True):
        decimals = len(told.partition(".")[2])
        # Cards are rounded themselves: a half of the last place may go either way.
        assert abs(float(told) - float(exact)) <= 0.5 * 10.0**-decimals + 1e-9, (told, exact)
