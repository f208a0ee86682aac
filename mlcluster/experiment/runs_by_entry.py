"""Runs compared entry by entry: errors on each family held out, and the clusters they disagree on most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlcluster.errors import InputError
from mlcluster.labels import Channel, declare_targets
from mlcluster.tracking import RunRecord, RunStore
from mlcluster.tracking.logged_tables import of_all_seeds, read_predictions

if TYPE_CHECKING:
    import pandas as pd

_KEY = ["split", "channel", "entry"]
_TIE = 1e-9
"""Errors closer than this are the same."""


def compare_by_entry(
    store: RunStore, records: Sequence[RunRecord], *, arm: str | None, most_entries: int
) -> dict[str, Any]:
    """Compare what runs predict of the entries that all of them held out.

    An entry predicted with several seeds counts once, with the mean of its predictions and of its absolute errors.

    Parameters
    ----------
    store, records
        The runs.
    arm
        Whose predictions; the first model of each run when None.
    most_entries
        Entries to name for each property.

    Returns
    -------
    dict[str, Any]
        ``families``: rows of ``{"split", "channel", "unit", "family", "n", "mae", "best"}``; ``wins``: a row for each
        split, channel and run with its ``mae`` and the families on which it is better (``wins``) or worse (``losses``)
        than the first run; ``disagreements``: rows of ``{"split", "channel", "unit", "entry", "family", "label",
        "predicted", "spread"}``; ``predictions``: every common row; ``warnings``. Errors and spread are in the target's
        unit.
    """
    tables, warnings = [], []
    for record in records:
        run = store.find(record.id)
        if "config.json" in run.files():  # properties of the user's own are known by it alone
            declare_targets(run.read_json("config.json").get("targets", {}))
        table = _per_entry(read_predictions(store, record), arm, record)
        if table.empty:
            warnings.append(f"No held-out predictions are recorded for {record.id[:12]}.")
        tables.append(table)
    if any(table.empty for table in tables):
        return {"families": [], "wins": [], "disagreements": [], "predictions": [], "warnings": warnings}
    joined = tables[0].add_suffix(" 0")
    for number, table in enumerate(tables[1:], start=1):
        joined = joined.join(table.add_suffix(f" {number}"), how="inner")
    warnings += _coverage_warnings(records, tables, joined)
    runs = range(len(records))
    labels = joined[[f"label {k}" for k in runs]]
    unlike = int((labels.max(axis=1) - labels.min(axis=1) > 1e-6 * labels.abs().max(axis=1)).sum())
    if unlike:
        warnings.append(f"DIFFERENT LABELS: {unlike} entries that all runs held out do not have the same label.")
    families, wins, disagreements = [], [], []
    for (split, channel), rows in joined.groupby(level=["split", "channel"], sort=False):
        head = {"split": split, "channel": channel, "unit": Channel.parse(channel).definition.unit}
        errors = [f"error {k}" for k in runs]
        by_family = rows.groupby("family 0", sort=True)[errors].agg("mean")
        counts = rows["family 0"].value_counts()
        for family, means in by_family.iterrows():
            mae = [float(value) for value in means]
            families.append(head | {"family": family, "n": int(counts[family]), "mae": mae, "best": _lowest(mae)})
        wins += _wins(head, records, by_family, rows[errors].mean())
        predicted = rows[[f"predicted {k}" for k in runs]]
        spread = predicted.max(axis=1) - predicted.min(axis=1)
        for key in spread.sort_values(ascending=False, kind="stable").index[:most_entries]:
            disagreements.append(head | _entry(key[-1], rows.loc[key], runs, float(spread[key])))
    predictions = [
        {"split": key[0], "channel": key[1], **_entry(key[2], row, runs, None)}
        for key, row in zip(joined.index, joined.to_dict(orient="records"), strict=True)
    ]
    return {
        "families": families,
        "wins": wins,
        "disagreements": disagreements,
        "predictions": predictions,
        "warnings": warnings,
    }


def grouped(wins: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows of all runs together, for each split and channel."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in wins:
        groups.setdefault((row["split"], row["channel"]), []).append(row)
    yield from groups.values()


def _per_entry(table: pd.DataFrame, arm: str | None, record: RunRecord) -> pd.DataFrame:
    """One row an entry, by split, channel and entry."""
    if not table.empty:
        arms = list(dict.fromkeys(table["arm"]))
        if arm is not None and arm not in arms:
            raise InputError(
                "no such model or baseline among the predictions of this run.",
                file=record.id,
                found=arm,
                expected=", ".join(arms),
            )
        table = table[table["arm"] == (arm or arms[0])].copy()
        table["split"] = [of_all_seeds(*pair) for pair in zip(table["split"], table[["seed"]].to_numpy(), strict=True)]
        source = record.parameters.get("data.source", "")
        if source and not source.startswith("["):
            # Runs of several sources name the source of each entry.
            table["entry"] = [f"{source}/{entry}" for entry in table["entry"]]
    table["error"] = (table["predicted"] - table["label"]).abs()
    return table.groupby(_KEY, sort=False).agg(
        family=("family", "first"), label=("label", "mean"), predicted=("predicted", "mean"), error=("error", "mean")
    )


def _coverage_warnings(
    records: Sequence[RunRecord], tables: Sequence[pd.DataFrame], joined: pd.DataFrame
) -> Sequence[str]:
    largest = max(len(table) for table in tables)
    if len(joined) == largest:
        return []
    counts = ", ".join(f"{record.id[:12]} has {len(table)}" for record, table in zip(records, tables, strict=True))
    return [f"Compared on the {len(joined)} held-out rows that all runs have; {counts}."]


def _wins(
    head: dict[str, Any], records: Sequence[RunRecord], by_family: pd.DataFrame, mae: pd.Series
) -> list[dict[str, Any]]:
    first = by_family["error 0"]
    rows = []
    for number, record in enumerate(records):
        change = by_family[f"error {number}"] - first
        better, worse = int((change < -_TIE).sum()), int((change > _TIE).sum())
        rows.append(
            head
            | {
                "run": record.id,
                "mae": float(mae[f"error {number}"]),
                "wins": better,
                "losses": worse,
                "ties": len(change) - better - worse,
            }
        )
    return rows


def _lowest(values: Sequence[float]) -> int | None:
    return None if max(values) - min(values) <= _TIE else values.index(min(values))


def _entry(entry: str, row: Any, runs: range, spread: float | None) -> dict[str, Any]:
    found = {
        "entry": entry,
        "family": row["family 0"],
        "label": float(row["label 0"]),
        "predicted": [float(row[f"predicted {k}"]) for k in runs],
    }
    return found if spread is None else found | {"spread": spread}
