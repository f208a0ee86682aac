"""The only machinery: child processes, the record of finished work, whole files, locks, bars and hashes.

What to use for what:

- Many short items (calculations, parts of a screen, members of an ensemble): `spread`. It hands items to a few
  processes, gives results back as they come, and can let a caller look around while it waits.
- Few long jobs that shall each end in order (runs of an experiment): `Processes`, which `spread` is made of. The caller
  decides when to start the next one, sees how long each has run, and gets what each says at its end.
- Finished items that a later call must not repeat: `Journal`, one JSON line each.
- Any file that somebody may read later: `replaced` (a path to write to) or `write_whole` (text or bytes); a directory:
  `replaced_directory`. A file of a cache, which may as well be missing: `keep`.
- A place that a long work will write to: `check_place`, before it begins.
- One process at a time in a directory: `held`.
- One of many tasks that know nothing of each other: `Share`.
- What is done so far, for whoever waits: `ProgressBars`.
- A name for content: `content_hash`.

What survives a kill at any moment, of any process, by any signal: every line of a journal but a torn last one, which is
cut off before the next is added; every file written by `replaced`, as it was before or as it is after; nothing of the
item under way. Children end within a second of a parent that was killed, so that its successor has the directory for
itself; a child that dies costs its own item only.
"""

from mlcluster.runs.content_hash import content_hash
from mlcluster.runs.journal import Journal
from mlcluster.runs.processes import (
    Outcome,
    ProcessDied,
    Processes,
    last_lines,
    one_thread_environment,
    spread,
    usable_cores,
)
from mlcluster.runs.progress_bars import ProgressBars
from mlcluster.runs.share import Share
from mlcluster.runs.whole_files import (
    check_place,
    held,
    keep,
    remove_unfinished,
    replaced,
    replaced_directory,
    write_whole,
)

__all__ = [
    "Journal",
    "Outcome",
    "ProcessDied",
    "Processes",
    "ProgressBars",
    "Share",
    "check_place",
    "content_hash",
    "held",
    "keep",
    "last_lines",
    "one_thread_environment",
    "remove_unfinished",
    "replaced",
    "replaced_directory",
    "spread",
    "usable_cores",
    "write_whole",
]
