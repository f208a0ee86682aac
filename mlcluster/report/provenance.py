"""Where a comparison comes from: files with their hashes, the model, and the versions of what computed it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from mlcluster import __version__
from mlcluster.comparison.compare import Comparison
from mlcluster.report.page import asset

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
