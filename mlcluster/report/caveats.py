"""What a reader of a comparison should keep in mind, and where its numbers come from."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mlcluster import __version__
from mlcluster.comparison.compare import Comparison
from mlcluster.labels.methods import METHODS
from mlcluster.report.page import asset


def caveats(comparison: Comparison) -> list[str]:
    """Sentences, the most important first."""
    rows = comparison.properties
    found = [
        "Not resolved means: these predictions do not show which of the two is larger. It does not mean that they are "
        "equal.",
    ]
    if any(row.informative is False for row in rows):
        found.append(
            "No better than the average of known clusters: with whole families held out, the model was not a tenth "
            "nearer to the labels than their mean. Its interval says what known clusters have; its value says nothing."
        )
    calculated = dict.fromkeys(row.method for row in rows if row.method in METHODS and not METHODS[row.method].measured)
    for method in calculated:
        found.append(f"{method}: {METHODS[method].description}. It is not an optical or measured gap.")
    if any(row.interval == "paired" and row.basis != "calculation" for row in rows):
        found.append(
            "Paired interval: members of the ensemble were subtracted one by one, and the remaining error is that "
            "of related pairs whose whole family was held out."
        )
    if any(row.interval == "paired" and row.basis == "calculation" for row in rows):
        found.append(
            "Paired interval of calculated values: errors of differences of isomers whose whole family was held out of "
            "the line. They are gaps by the method named, not optical gaps."
        )
    if any(row.interval == "independent" for row in rows):
        found.append(
            "Independent: the errors of A and B are combined as if they had nothing in common. For relatives, whose "
            "errors share a sign, such an interval is too wide rather than too narrow."
        )
    if any(row.basis == "formula" or row.interval == "none" for row in rows):
        found.append(
            "Predictions from the formula know nothing of the structure: they are equal for isomers and resolve none."
        )
    if any(row.basis == "derived" for row in rows):
        found.append("Rates take one emitting state that every absorbed photon reaches; else k_r is a lower limit.")
    found.append(
        "Contributions say how the model reaches its number. They are shares of one model's sum, not an energy "
        "decomposition and no proof of a cause."
    )
    if comparison.match is not None and comparison.match.improper:
        found.append("The cores match best after a reflection; the views show B as it is, not its mirror image.")
    if comparison.measured:
        found.append(
            "Measured values come from the literature table with their own media and methods. A status other than "
            "matched or stated means that the structure may be another compound: isomers share a formula."
        )
    return found


_PACKAGES = ("torch", "torch-geometric", "numpy", "scipy", "pymatgen", "vesin")


def provenance_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Rows ``{"what", "value"}``."""
    rows = []
    for name, cluster in (("A", comparison.a), ("B", comparison.b)):
        source = cluster.source
        rows.append({"what": f"file of {name}", "value": source.path or "made in memory"})
        if source.sha256:
            rows.append({"what": f"SHA-256 of {name}", "value": source.sha256})
        if source.block:
            rows.append({"what": f"block of {name}", "value": source.block})
    used = {p.basis: p.model for p in (*comparison.predictions_a, *comparison.predictions_b)}
    rows += [{"what": f"model, from the {basis}", "value": short_hash} for basis, short_hash in used.items()]
    rows.append({"what": "mlcluster", "value": __version__})
    for package in _PACKAGES:
        try:
            rows.append({"what": package, "value": version(package)})
        except PackageNotFoundError:
            continue
    rows.append({"what": "3Dmol.js (BSD-3-Clause)", "value": viewer_version()})
    return rows


def viewer_version() -> str:
    """Version of the viewer, as the note that comes with its file states it."""
    found = re.search(r"v(\d+\.\d+\.\d+)", asset("3Dmol-min.js.LICENSE.txt"))
    return found.group(1) if found else "unknown"
