"""What a run was made with: packages, platform, and the state of the checkout."""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from mlcluster import __version__

PACKAGES = (
    "torch",
    "torch-geometric",
    "pytorch-lightning",
    "mlflow",
    "numpy",
    "scipy",
    "scikit-learn",
    "pymatgen",
    "safetensors",
    "pydantic",
)


def environment() -> dict[str, object]:
    """Versions of Python, platform and the packages that decide numbers; None for one that is not installed."""
    versions: dict[str, str | None] = {"mlcluster": __version__}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "python": sys.version.split()[0],
        "platform": platform.system(),
        "machine": platform.machine(),
        "packages": versions,
    }


def git_state() -> dict[str, str] | None:
    """Commit of the checkout this package runs from, and whether files differ from it; None outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "changed": "yes" if _git(root, "status", "--porcelain") else "no"}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
