"""What a run was made with: packages, platform, and the state of the checkout."""

from __future__ import annotations

import contextlib
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
    found: dict[str, str | None] = dict.fromkeys(PACKAGES)
    return {
        "python": sys.version.split()[0],
        "platform": platform.system(),
        "machine": platform.machine(),
        "packages": found | versions(),
    }


def versions() -> dict[str, str]:
    """Versions of this package and of those that decide numbers, as far as they are installed."""
    found = {"mlcluster": __version__}
    for name in PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def resolved_environment() -> dict[str, object]:
    """What `environment` says, the exact platform, and every installed distribution with its version."""
    installed = {
        str(found.metadata["Name"]).lower(): found.version
        for found in metadata.distributions()
        if found.metadata["Name"]  # a half-removed distribution has none
    }
    return environment() | {
        "platform_detail": platform.platform(),
        "distributions": dict(sorted(installed.items())),
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
