"""Where bundled tables and models lie, in a checkout and in an installed wheel, and where a project keeps its own."""

from __future__ import annotations

import os
from pathlib import Path

from mlcluster.errors import InputError

PROJECT_FOLDER = ".mlcluster"
"""Folder of a project that holds its runs, models and prepared data."""

_PACKAGE = Path(__file__).resolve().parent


def dataset_dir(name: str) -> Path:
    """Directory ``datasets/<name>`` of the checkout, or its copy inside the installed package.

    Raises
    ------
    InputError
        If neither holds it; the message lists what is there.
    """
    roots = (_PACKAGE / "_datasets", _PACKAGE.parent / "datasets")
    for root in roots:
        if (root / name).is_dir():
            return root / name
    present = sorted({p.name for root in roots if root.is_dir() for p in root.iterdir() if p.is_dir()})
    raise InputError("bundled data set not found.", found=name, expected=", ".join(present) or "an intact installation")


def config_path(name: str) -> Path:
    """Path of the bundled configuration ``configs/<name>``, in a checkout or an installed wheel.

    Raises
    ------
    InputError
        If it does not exist.
    """
    for root in (_PACKAGE / "_configs", _PACKAGE.parent / "configs"):
        if (root / name).is_file():
            return root / name
    raise InputError("bundled configuration not found.", found=name, hint="Reinstall mlcluster.")


def bundled_model_dir(name: str = "default") -> Path:
    """Directory of a model that ships with the package.

    Raises
    ------
    InputError
        If no bundled model has that name.
    """
    path = _PACKAGE / "model" / "bundled" / name
    if not path.is_dir():
        present = sorted(p.name for p in path.parent.glob("*") if p.is_dir())
        raise InputError("no bundled model of that name.", found=name, expected=", ".join(present) or "none shipped")
    return path


def project_dir(project: str | Path | None = None) -> Path:
    """Directory that holds ``.mlcluster/``: the one given, ``MLCLUSTER_PROJECT``, or the nearest one upwards.

    Where none of the directories from here upwards has ``.mlcluster/``, it is the current directory.
    """
    stated = project or os.environ.get("MLCLUSTER_PROJECT")
    if stated:
        return Path(stated).resolve()
    here = Path.cwd()
    return next((place for place in (here, *here.parents) if (place / PROJECT_FOLDER).is_dir()), here)


def cache_dir() -> Path | None:
    """Directory of what may be deleted at any time: ``MLCLUSTER_CACHE``, else ``mlcluster`` in the user's cache.

    None if ``MLCLUSTER_CACHE`` is ``off``: nothing is kept then.
    """
    stated = os.environ.get("MLCLUSTER_CACHE", "")
    if stated.lower() == "off":
        return None
    if stated:
        return Path(stated)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlcluster"
