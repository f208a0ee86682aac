"""Documentation site: ``make docs`` builds it offline into build/docs; a warning is an error."""

from __future__ import annotations

import re
from pathlib import Path

import mlcluster

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCE_PAGES = "https://github.com/mlcluster/mlcluster/blob/main"

project = "mlcluster"
author = "mlcluster developers"
project_copyright = "2026, mlcluster developers"
release = version = mlcluster.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
nb_execution_mode = "off"  # tutorials hold their outputs; docs/tutorials/execute.py makes them anew
exclude_patterns = ["data", "gallery"]
myst_heading_anchors = 3

html_theme = "alabaster"
html_theme_options = {
    "description": mlcluster.__doc__.splitlines()[0].rstrip("."),  # type: ignore[union-attr]
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "240px",
}
html_sidebars = {"**": ["about.html", "navigation.html", "searchfield.html"]}
html_copy_source = False

autosummary_generate = True
autodoc_typehints = "none"  # numpydoc shows the signature's annotations
autodoc_default_options = {"member-order": "bysource"}
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
# tests/test_docstrings.py holds the docstrings of the whole package to the format.

_LINK = re.compile(r"\]\((\.\./[^)#\s]+)(#[^)\s]*)?\)")


def _link_to_source(app: object, name: str, content: list[str]) -> None:
    """Files beside the documentation are no pages: link to them in the repository, if they are there."""

    def replaced(match: re.Match[str]) -> str:
        target = (CHECKOUT / "docs" / name).parent.joinpath(match[1]).resolve()
        if not target.exists():
            raise FileNotFoundError(f"docs/{name}: the link {match[1]} leads nowhere")
        return f"]({SOURCE_PAGES}/{target.relative_to(CHECKOUT).as_posix()}{match[2] or ''})"

    content[0] = _LINK.sub(replaced, content[0])


def setup(app: object) -> None:
    """Connect what is done to each page."""
    app.connect("source-read", _link_to_source)  # type: ignore[attr-defined]
