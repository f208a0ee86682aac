"""A process that works for another: ``python -m mlcluster.runs.child DESCRIPTOR PARENT PATIENCE``.

It is a process of its own, not a fork (a forked copy of a loaded numerical library may hang) and not a spawned copy of
the user's script (which would need a guard there). What it is to do comes through a socket, never from a file.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

_LOOK_SECONDS = 0.5


def main(descriptor: int, parent: int, patience: float) -> None:
    """Call what is sent with what is sent, one item after the other, until the parent closes the socket."""
    # A terminal's Ctrl-C is for the parent, which decides how its children end; where they end in order, it sends its
    # own, also if it was itself started in the background, which hands on that Ctrl-C is to be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler if patience else signal.SIG_IGN)
    end_with(parent, patience)
    connection = Connection(descriptor)
    try:
        while True:
            function, item, log = connection.recv()
            if log is not None:
                _write_to(log)
            connection.send(_answer(function, item, tells=log is not None))
            del function, item
    except (EOFError, OSError, KeyboardInterrupt):  # OSError: the parent was killed in the middle of a message
        return


def _answer(function: Any, item: Any, *, tells: bool) -> tuple[bool, Any, float]:
    """Whether the call succeeded, what it gave or raised, and the processor time of it and its own children, s."""
    before = sum(os.times()[:4])
    try:
        succeeded, value = True, function(item)
    except (Exception, KeyboardInterrupt) as error:  # handed to the parent
        if tells:
            traceback.print_exc()
        succeeded, value = False, _portable(error)
    return succeeded, value, sum(os.times()[:4]) - before


def _portable(error: BaseException) -> BaseException:
    """The error, or one that says the same where it cannot be handed on."""
    try:
        return ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever an exception class of another package meets
        return RuntimeError(f"{type(error).__name__}: {error}")


def _write_to(log: str) -> None:
    """Send what is printed from now on, also by compiled code, to the end of a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def end_with(parent: int, patience: float = 0.0) -> None:
    """End this process soon after its parent: one that was killed cannot end the long work under way.

    Parameters
    ----------
    parent
        Number of the process that started this one.
    patience
        How long it may take to end in order, seconds; at once when 0.
    """
    threading.Thread(target=_watch, args=(parent, patience), daemon=True).start()


def _watch(parent: int, patience: float) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    if patience:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(patience)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
