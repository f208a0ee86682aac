"""The table of a refined screen: rows of calculations and of estimates before those of the screen itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from mlcluster.labels.methods import Channel
from mlcluster.labels.targets import TARGETS
from mlcluster.model.calibration import LEVEL
from mlcluster.prediction.prediction import in_unit
from mlcluster.prediction.refinement.candidates import CALCULATION, REFINED, Candidates
from mlcluster.prediction.refinement.learned import Learned
from mlcluster.prediction.refinement.ledger import Key, Ledger
from mlcluster.prediction.screening.screen_table import Parts, part_numbers
from mlcluster.runs import content_hash

_FACTS = "input id file content cluster formula n_atoms charge multiplicity family parent edits".split()
_ORDER = {CALCULATION: 0, REFINED: 1}


def write_refined(directory: Path, candidates: Candidates, ledger: Ledger, learned: Mapping[str, Learned]) -> int:
    """Write what was calculated and what that tells of the others into the parts of a screen.

    Rows of a target stand in the order calculation, estimate, other levels; of the calculated ones that come first
    whose channel comes first in `learned`. Calling it again changes nothing.

    Returns
    -------
    int
        Distinct clusters that have estimates.
    """
    parts = Parts(directory)
    model = content_hash(
        [{key: np.round(each.values[np.isfinite(each.values)], 9).tolist() for key, each in learned.items()}]
    )[:12]
    estimates = _estimates(candidates, ledger, learned, model)
    order = {channel: place for place, channel in enumerate(learned)}
    for number in part_numbers(directory):
        parts.change_rows(number, lambda rows: _refined(rows, ledger, estimates, order))
    return len(estimates)


def _estimates(
    candidates: Candidates, ledger: Ledger, learned: Mapping[str, Learned], model: str
) -> dict[Key, list[dict[str, Any]]]:
    """Rows, without what the cluster is, of every candidate that has no calculation."""
    found: dict[Key, list[dict[str, Any]]] = {}
    for key, each in learned.items():
        channel = Channel.parse(key)
        half = ndtri((1.0 + LEVEL) / 2.0) * np.hypot(each.sigma, each.spread)
        same = {"target": channel.target, "method": channel.method, "unit": channel.definition.unit, "level": LEVEL}
        same |= {"basis": REFINED, "kind": "predicted", "model": model}
        same |= {"applicability": "outside" if each.reasons else "inside"}
        for number, place in enumerate(candidates.keys):
            if np.isfinite(each.values[number]):
                continue
            value, lower, upper = in_unit(channel, float(each.estimate.mean[number]), float(half[number]))
            line = ledger.calculated.get(place[0])
            refused = (f"not calculated: {line['reason']}",) if line is not None and line["reason"] else ()
            own = {"value": value, "lower": lower, "upper": upper, "reasons": [*each.reasons, *refused]}
            found.setdefault(place, []).append(same | own)
    return found


def _refined(
    rows: list[dict[str, Any]], ledger: Ledger, estimates: Mapping[Key, list[dict[str, Any]]], order: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Rows of a part with those of calculations and estimates among them."""
    kept = [row for row in rows if row["basis"] not in _ORDER]
    by_cluster: dict[tuple[int, str | None], list[dict[str, Any]]] = {}
    for row in kept:
        by_cluster.setdefault((row["input"], row["cluster"]), []).append(row)
    seen: dict[int, int] = {}
    done: list[dict[str, Any]] = []
    for (number, _), own in by_cluster.items():
        if own[0]["target"] is None:
            done += own
            continue
        place = (own[0]["content"], seen.setdefault(number, 0))
        seen[number] += 1
        facts = dict.fromkeys(own[0]) | {name: own[0][name] for name in _FACTS}
        new = [{name: row[name] for name in facts if name in row and name not in _FACTS} for row in ledger.rows(place)]
        own = [*(facts | row for row in (*new, *estimates.get(place, ()))), *own]
        done += sorted(own, key=lambda row: _rank(row, order))
    return done


def _rank(row: Mapping[str, Any], order: Mapping[str, int]) -> tuple[int, int, int]:
    basis = _ORDER.get(row["basis"], len(_ORDER))
    channel = f"{row['target']}:{row['method']}"
    return list(TARGETS).index(row["target"]), basis, order.get(channel, len(order)) if basis < len(_ORDER) else 0
