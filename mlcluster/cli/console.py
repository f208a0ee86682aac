"""What every verb does around its work: results to standard output, all else to standard error, exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

import typer

from mlcluster.errors import MlclusterError
from mlcluster.report.json_document import to_json
from mlcluster.runs.progress_bars import QUIET

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# Wide enough that a table keeps its columns in a pipe or a log file, where there is no window to measure and the
# environment variable COLUMNS says nothing.
_PIPE_WIDTH = 140


def stdout_console() -> Console:
    """Console for results."""
    from rich.console import Console

    return Console(width=_width(sys.stdout), highlight=False)


def stderr_console() -> Console:
    """Console for progress and warnings."""
    from rich.console import Console

    return Console(stderr=True, width=_width(sys.stderr), highlight=False)


def _width(stream: TextIO) -> int | None:
    """Columns of a stream that is no terminal; None where rich finds them."""
    return None if stream.isatty() or os.environ.get("COLUMNS") else _PIPE_WIDTH


@contextlib.contextmanager
def running(what: str = "", *, as_json: bool, debug: bool) -> Iterator[None]:
    """Carry out the work of a verb: show that it runs, keep standard output clean, turn errors into exit code 2.

    Parameters
    ----------
    what
        Shown with a spinner on a terminal while the work goes on; nothing when empty.
    as_json
        Send whatever the work prints to standard error, as the JSON document has to stand alone.
    debug
        Let exceptions through with their traceback.
    """
    from rich.console import Console

    with contextlib.ExitStack() as stack:
        # Made before the redirection, so that the spinner cannot end up in it.
        if what and sys.stderr.isatty() and not debug and not os.environ.get(QUIET):
            stack.enter_context(Console(stderr=True).status(what))
        if as_json:
            stack.enter_context(_stdout_to_stderr())
        try:
            yield
        except (MlclusterError, OSError) as error:
            if debug:
                raise
            stack.close()
            _fail(_of_system(error) if isinstance(error, OSError) else str(error))
        except (KeyboardInterrupt, typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except Exception as error:
            if debug:
                raise
            stack.close()
            _fail(f"unexpected {type(error).__name__}: {error}\nThis is a fault of mlcluster; --debug shows where.")


def _of_system(error: OSError) -> str:
    """What the system says, the file first and without its number.

    >>> _of_system(OSError(28, "No space left on device", "rows.csv"))
    'rows.csv: No space left on device.'
    """
    if not error.strerror:
        return str(error)
    return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror}."


def _fail(message: str) -> None:
    print(f"Error: {message}", file=sys.stderr)
    raise typer.Exit(2)


@contextlib.contextmanager
def _stdout_to_stderr() -> Iterator[None]:
    # At the level of the file descriptor: child processes and compiled libraries print there as well.
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def finish(
    result: Any,
    *,
    as_json: bool,
    view: Callable[[Any], Iterable[RenderableType]],
) -> None:
    """Print a result as JSON or as tables; exit with 1 if some inputs failed, after naming them."""
    if as_json:
        print(to_json(result))
    else:
        from rich.text import Text

        console = stdout_console()
        for item in view(result):
            console.print(item, soft_wrap=isinstance(item, Text))
    failed = [row for row in _rows(result) if row.get("error")]
    for row in failed:
        name = row.get("file") or row.get("formula") or (f"{row['a']} and {row['b']}" if "a" in row else "")
        error = str(row["error"])
        print(error if error.startswith(name) else f"{name}: {error}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


def _rows(result: Any) -> Sequence[Mapping[str, Any]]:
    return result if isinstance(result, list) else []
