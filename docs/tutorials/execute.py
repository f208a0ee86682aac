"""Execute the tutorials and write them with what they print: ``python docs/tutorials/execute.py [FOLDER]``.

Without a folder they are written where they stand. Each runs in an empty folder of its own. What differs from run to
run or tells of the machine (times, counts of executions) is left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).resolve().parent
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLCLUSTER_CACHE": "off", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}


def executed(notebook: Path) -> nbformat.NotebookNode:
    """A notebook with the outputs of its cells; an error in a cell is raised."""
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(content, timeout=300, resources={"metadata": {"path": folder}}).execute()
    for cell in content.cells:
        cell.metadata = nbformat.NotebookNode()
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                output.pop("execution_count", None)
                if "text/html" in output.get("data", {}):
                    output.data.pop("text/plain", None)  # the same without the pictures, at length
                if output.output_type == "execute_result":
                    output.execution_count = None
    content.metadata.language_info = nbformat.NotebookNode(name="python")
    return content


def main() -> None:
    """Execute each tutorial in turn."""
    os.environ.update(QUIET)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HERE.parents[1]), os.environ.get("PYTHONPATH"))))
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for notebook in sorted(HERE.glob("*.ipynb")):
        nbformat.write(executed(notebook), into / notebook.name)


if __name__ == "__main__":
    main()
