"""Options that the verbs of an experiment share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="Holds experiment.yaml; experiments/ has some.")]
