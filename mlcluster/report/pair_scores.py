"""Scores of predicted differences as Markdown, and the risk-coverage curves as a picture."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from mlcluster.comparison.pair_scoring import BOOTSTRAPS, NO_DIFFERENCE
from mlcluster.comparison.scored_run import ALL, NETWORK, PairScores
from mlcluster.report.pictures import svg_figure, svg_text

_COLUMNS = (
    ("sign_accuracy", "sign right"),
    ("mae", "error of B - A (eV)"),
    ("coverage", "coverage"),
    ("resolved", "resolved"),
    ("sign_accuracy_resolved", "sign right if resolved"),
)


def pair_scores_markdown(found: PairScores) -> str:
    """Tables of all channels and kinds of pairs, the control, and what the calibrations rest on."""
    lines = [f"Run `{found.run_id}`, data `{found.data_hash[:12]}`.", ""]
    for channel in dict.fromkeys(row["channel"] for row in found.table):
        lines += [f"## {channel}", "", *_in_short(found, channel), *_counts(found, channel)]
        for kind in dict.fromkeys(row["kind"] for row in found.table if row["channel"] == channel):
            lines += _table(found, channel, kind)
        lines += _control(found, channel)
        lines += _calibration(found, channel)
    return "\n".join(lines)


def _in_short(found: PairScores, channel: str) -> Iterator[str]:
    """The answer in sentences made from the tables."""
    rows = [row for row in found.table if row["channel"] == channel and row["interval"] == "paired"]
    for kind in dict.fromkeys(row["kind"] for row in rows):
        arms = {row["arm"]: row for row in rows if row["kind"] == kind}
        own = arms.get(NETWORK)
        others = [row for arm, row in arms.items() if arm != NETWORK]
        if own is None or not others:
            continue
        best = max(others, key=lambda row: row["sign_accuracy"])
        nearest = min(others, key=lambda row: row["mae"])
        text = (
            f"- {kind}: the network has the sign right in {own['sign_accuracy']:.0%} (best other arm {best['arm']}, "
            f"{best['sign_accuracy']:.0%}) and errs by {own['mae']:.3f} eV (best other arm {nearest['arm']}, "
            f"{nearest['mae']:.3f}; no difference at all, {own['mae_of_zero']:.3f}); it resolves {own['resolved']:.1%}"
        )
        if isfinite(own["sign_accuracy_resolved"]):
            text += f", of these {own['sign_accuracy_resolved']:.0%} with the right sign"
        yield f"{text}; {own['coverage']:.0%} of its paired 90 % intervals hold."
    for row in found.control:
        if (row["channel"], row["arm"]) == (channel, NETWORK):
            wide = f"half-width {row['half_width']:.2f} eV for a difference of {abs(row['label']):.2f} eV"
            verdict = "comes out resolved" if row["resolved"] else "does not come out resolved, although it should"
            yield f"- The positive control {verdict}: {wide}."
    yield ""


def _counts(found: PairScores, channel: str) -> Iterator[str]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    for (key, family, kind), n in sorted(found.pairs.items()):
        if key == channel:
            by_kind[kind].append(f"{family} {n}")
    yield from (f"- {kind}: {', '.join(families)}" for kind, families in by_kind.items())
    yield ""


def _table(found: PairScores, channel: str, kind: str) -> Iterator[str]:
    rows = [row for row in found.table if (row["channel"], row["kind"]) == (channel, kind)]
    most = max(rows, key=lambda row: row["pairs"])
    zero = most["mae_of_zero"]
    title = "All kinds of pairs" if kind == ALL else f"{kind[:1].upper()}{kind[1:]}"
    count = f"{most['pairs']:.0f} pairs of {most['families']:.0f} families"
    yield f"**{title}**: {count}; saying that nothing differs errs by {zero:.3f} eV."
    yield ""
    yield "| arm | interval | " + " | ".join(name for _, name in _COLUMNS) + " |"
    yield "|---|---|" + "---|" * len(_COLUMNS)
    for row in rows:
        cells = [_with_limits(row, name) for name, _ in _COLUMNS]
        yield f"| {row['arm']} | {row['interval']} | " + " | ".join(cells) + " |"
    yield ""


def _with_limits(row: dict, name: str) -> str:
    value, low, high = row[name], row[f"{name}_low"], row[f"{name}_high"]
    if not isfinite(value):
        return "-"
    digits = 3 if name == "mae" else 2
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _control(found: PairScores, channel: str) -> Iterator[str]:
    rows = [row for row in found.control if row["channel"] == channel]
    if not rows:
        return
    yield (
        f"**Positive control**, Au38(SH)24 less [Au25(SH)18]-: {rows[0]['label']:+.2f} eV by calculation. Each is "
        "predicted by ensembles that have not seen its own family; the two errors are taken as independent."
    )
    yield ""
    yield "| arm | predicted (eV) | half-width (eV) | |"
    yield "|---|---|---|---|"
    for row in rows:
        half = f"{row['half_width']:.2f}" if isfinite(row["half_width"]) else "-"
        verdict = "resolved" if row["resolved"] else "not resolved"
        yield f"| {row['arm']} | {row['predicted']:+.2f} | {half} | {verdict} |"
    yield ""


def _calibration(found: PairScores, channel: str) -> Iterator[str]:
    fitted = found.calibrations.get(channel)
    if not fitted:
        yield "Fewer than nine families have pairs here: no paired calibration is kept for this channel."
        yield ""
        return
    one = next(iter(fitted.values()))
    scales = ", ".join(f"{kind} {calibration.floor:.3f}" for kind, calibration in fitted.items())
    yield (
        f"Paired calibration of the network: half-width {one.multiplier:.2f} x sqrt(spread² + s²) from "
        f"{one.n_families} families and {one.n_rows} pairs; s by kind of pair, in eV: {scales}."
    )
    yield ""


def how_to_read() -> str:
    """What the tables mean."""
    return (
        "Every arm predicts each member of a pair without its whole family; what is scored is the difference B - A. "
        f"Families weigh the same. Signs count where the labels differ by more than {NO_DIFFERENCE} eV; an arm that "
        "sees no difference is half right. `paired`: members subtracted first, interval from the pairs of all other "
        "families, with a scale for each kind of pair; `independent`: both intervals combined as independent. In "
        f"brackets the 95 % interval of {BOOTSTRAPS} bootstraps over families: the ten isomers of one formula are one "
        "family. The arms named mean, ridge and GP are two predictions of that baseline subtracted."
    )


def risk_coverage_picture(found: PairScores, channel: str, path: Path) -> Path:
    """Draw share of wrong signs against share of pairs answered, surest first, an arm a line."""
    figure = svg_figure(6.4, 4.2)
    panel = figure.add_subplot()
    for (key, arm, interval), curve in sorted(found.curves.items()):
        if key == channel and curve:
            style = "-" if interval == "paired" else ":"
            panel.plot(*zip(*curve, strict=True), style, label=f"{arm}, {interval}", lw=2 if arm == "network" else 1)
    panel.axhline(0.5, color="#999999", lw=0.8)
    panel.set(
        xlabel="share of pairs answered, surest first", ylabel="share of wrong signs", xlim=(0, 1), ylim=(0, None)
    )
    panel.set_title(channel)
    panel.legend(fontsize=8)
    path.write_text(svg_text(figure), encoding="utf-8")
    return path
