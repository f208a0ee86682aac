"""What a run was made with: packages, platform, and the state of the checkout."""

from __future__ import annotations

import contextlib
import json
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


def requirements() -> list[str]:
    """Lines for pip that bring this package and those that decide numbers in the versions of now.

    The package itself comes from where it was installed from: a commit of a repository, the files of a checkout, or
    else an index. A local build of a package (``+cpu``) is on no index: its line names the release it was built from.
    """
    pinned = {name: version.partition("+")[0] for name, version in versions().items() if name != "mlcluster"}
    return [_own_requirement(), *(f"{name}=={version}" for name, version in pinned.items())]


def _own_requirement() -> str:
    root = Path(__file__).resolve().parents[2]
    if (root / "pyproject.toml").is_file():
        return f"mlcluster @ {_remote_commit(root) or root.as_uri()}"
    # How pip records what it did not take from an index (PEP 610).
    with contextlib.suppress(metadata.PackageNotFoundError):
        direct = json.loads(metadata.distribution("mlcluster").read_text("direct_url.json") or "{}")
        commit = direct.get("vcs_info", {}).get("commit_id")
        if commit:
            return f"mlcluster @ git+{direct['url']}@{commit}"
        if "url" in direct:
            return f"mlcluster @ {direct['url']}"
    return f"mlcluster=={__version__}"


def _remote_commit(root: Path) -> str | None:
    """Commit of a checkout as pip takes it; None where files differ from it, or no public place is known to have it."""
    state = git_state()
    if state is None or state["changed"] == "yes":
        return None
    try:
        url = _git(root, "remote", "get-url", "origin")
        published = _git(root, "branch", "--remotes", "--contains", state["commit"])
    except (OSError, subprocess.SubprocessError):
        return None
    # Only an address without a user and password in it may stand in a file that is passed on.
    is_public = url.startswith("https://") and "@" not in url
    return f"git+{url}@{state['commit']}" if is_public and published else None


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
