"""How many of the true best of 2,000 candidates are found with 200 calculations: refined, by the network, by chance.

    mlcluster design substitute m13-phosphine --to Ag -k 1-4 --then "substitute to=Cu k=1-3 of=Au" --symmetry core \
        --sample 2000 --format packed --out m13
    mlcluster screen m13 --out m13-all --level calculation          # the truth: 2,000 calculations, kept in the cache
    mlcluster screen m13 --out m13-screened
    python experiments/refine/study.py m13-screened m13-all --name m13

Rounds are those of `screen --refine`, by the same functions; only the calculation is looked up. Writes a table of rows
and a plot beside this file. Seeds: other first rounds, drawn at random in place of the best and the most unlike.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcluster.prediction.criteria import Criterion, parse_criteria
from mlcluster.prediction.refinement.candidates import Candidates, candidates_of, wanted_channels
from mlcluster.prediction.refinement.choosing import best_first, merit, next_round, round_size
from mlcluster.prediction.refinement.learned import leading_channels, learn, rankings
from mlcluster.prediction.screening.screen_table import read_screen

HERE = Path(__file__).resolve().parent
CALCULATIONS, BEST, SEEDS = 200, 50, 5
CRITERIA = {
    "m13": ["gap > 2.05", "gap < 1.75", "gap in 1.85..1.86", "gap:dft-ausr-sch3 > 2.0", "gap:dft-ausr-sch3 < 1.5"],
    "m11": ["gap > 2.1", "gap < 1.6", "gap:dft-ausr-sch3 > 2.1", "gap:dft-ausr-sch3 < 1.5"],
}


class LookedUp:
    """Stands in for the ledger of a refinement: a calculation is a row of the screen in which all were made."""

    def __init__(self, truth: dict[str, list[dict[str, Any]]]) -> None:
        self._truth = truth
        self.calculated: dict[str, dict[str, Any]] = {}
        self.rounds: list[dict[str, Any]] = []

    def add(self, content: str) -> None:
        """Make a calculation known."""
        self.calculated[content] = {"clusters": [self._truth.get(content, [])], "reason": ""}

    def rows(self, key: tuple[str, int]) -> list[dict[str, Any]]:
        """Rows of a calculation that was made."""
        line = self.calculated.get(key[0])
        return line["clusters"][0] if line else []


def truth_of(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """Calculated rows by content."""
    columns = "content target method basis value lower upper level reasons".split()
    found: dict[str, list[dict[str, Any]]] = {}
    for row in read_screen(directory, columns).to_pylist():
        if row["basis"] == "calculation":
            found.setdefault(row["content"], []).append(row)
    return found


def refined(
    candidates: Candidates, criteria: Sequence[Criterion], truth: dict[str, list[dict[str, Any]]], seed: int | None
) -> tuple[list[int], list[float], float]:
    """Numbers in the order they are calculated, estimates of all at the end, and the error before calculation, eV."""
    ledger, channels, order = LookedUp(truth), wanted_channels(criteria), list[int]()
    while len(order) < CALCULATIONS:
        leading = leading_channels(channels, ledger)  # type: ignore[arg-type]
        learned = [learn(channel, candidates, ledger) for channel in leading]  # type: ignore[arg-type]
        count = min(round_size(len(order)), CALCULATIONS - len(order))
        if not order and seed is not None:
            picks = np.random.default_rng(seed).permutation(len(candidates.keys))[:count].tolist()
        else:
            picks = next_round(rankings(criteria, candidates, learned), order, count)
        told = learned[0].estimate if learned[0] else None
        expected = {
            candidates.keys[n][0]: {leading[0]: [float(told.mean[n]), float(told.spread[n])]} for n in picks if told
        }
        ledger.rounds.append({"picks": picks, "expected": expected})
        for number in picks:
            ledger.add(candidates.keys[number][0])
        order += picks
    final = learn(leading_channels(channels, ledger)[0], candidates, ledger)  # type: ignore[arg-type]
    assert final is not None
    at_the_end = np.where(np.isfinite(final.values), final.values, final.estimate.mean)
    return order, at_the_end.tolist(), final.error or 0.0


def study(screened: Path, everything: Path, name: str) -> list[dict[str, Any]]:
    """A row for each criterion and way of choosing."""
    truth = truth_of(everything)
    found = []
    for text in CRITERIA[name]:
        criteria = parse_criteria([text])
        candidates = candidates_of(screened, criteria)
        ledger = LookedUp(truth)
        for content, _ in candidates.keys:
            ledger.add(content)
        leading = leading_channels(wanted_channels(criteria), ledger)[0]  # type: ignore[arg-type]
        values = learn(leading, candidates, ledger).values  # type: ignore[arg-type, union-attr]
        size = len(values)

        def best(of: Any, criteria: Sequence[Criterion] = criteria, size: int = size) -> list[int]:
            column = np.asarray(of, dtype=np.float64).reshape(-1, 1)
            return best_first(merit(criteria, column, np.full((size, 1), 0.2), np.zeros((size, 1))))

        true = set(best(values)[:BEST])
        network = best(candidates.means[:, 0])
        curves = {}
        for seed in (None, *range(SEEDS)):
            order, at_the_end, error = refined(candidates, criteria, truth, seed)
            curves[seed] = np.cumsum([number in true for number in order]).tolist()
            found.append(
                {"criterion": text, "channel": leading, "candidates": size, "seed": seed, "by": "refined"}
                | {"calculated": curves[seed][-1], "named": len(true & set(best(at_the_end)[:BEST]))}
                | {"error_ev": round(error, 4), "curve": curves[seed]}
            )
        by_network = np.cumsum([number in true for number in network[:CALCULATIONS]]).tolist()
        chance = CALCULATIONS / size * BEST
        deviation = np.sqrt(chance * (1 - BEST / size) * (size - CALCULATIONS) / (size - 1))
        found.append(
            {"criterion": text, "channel": leading, "candidates": size, "seed": None, "by": "network"}
            | {"calculated": by_network[-1], "named": len(true & set(network[:BEST])), "curve": by_network}
        )
        found.append(
            {"criterion": text, "channel": leading, "candidates": size, "seed": None, "by": "chance"}
            | {"calculated": round(chance, 2), "deviation": round(float(deviation), 2)}
            | {"spread_ev": round(float(np.nanstd(values)), 4)}
        )
        for row in found[-8:]:
            print({key: value for key, value in row.items() if key != "curve"}, flush=True)
    return found


def draw(rows: Sequence[dict[str, Any]], place: Path) -> None:
    """Found among the true best against calculations, a panel a criterion."""
    import matplotlib.pyplot as plt

    texts = list(dict.fromkeys(row["criterion"] for row in rows))
    figure, panels = plt.subplots(1, len(texts), figsize=(3.0 * len(texts), 3.0), sharey=True, squeeze=False)
    for text, panel in zip(texts, panels[0], strict=True):
        for row in (row for row in rows if row["criterion"] == text and "curve" in row):
            shipped = row["by"] == "refined" and row["seed"] is None
            style = {"color": "tab:orange"} if row["by"] == "network" else {"color": "tab:blue"}
            label = row["by"] if row["by"] == "network" or shipped else None
            width, alpha = (1.8, 1.0) if label else (0.8, 0.4)
            panel.plot(range(1, len(row["curve"]) + 1), row["curve"], lw=width, alpha=alpha, label=label, **style)
        size = rows[0]["candidates"]
        panel.plot([0, CALCULATIONS], [0, CALCULATIONS / size * BEST], color="grey", ls=":", label="chance")
        panel.set_title(text, fontsize=8)
        panel.set_xlabel("calculations")
    panels[0][0].set_ylabel(f"of the true best {BEST}")
    panels[0][0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(place, dpi=120)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("screened", type=Path)
    parser.add_argument("everything", type=Path)
    parser.add_argument("--name", choices=list(CRITERIA), required=True)
    arguments = parser.parse_args()
    rows = study(arguments.screened, arguments.everything, arguments.name)
    draw(rows, HERE / f"{arguments.name}.png")
    lines = [json.dumps({key: value for key, value in row.items() if key != "curve"}) for row in rows]
    (HERE / f"{arguments.name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
