"""The fuzz tests for as long as wanted, with new inputs in every round: ``python -m tests.fuzz.long --seconds 600``."""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.checks import check_file, check_table
from tests.fuzz.good_files import FILES, TABLES
from tests.fuzz.mutations import ENCODINGS, changes, mutated

EXAMPLES = 150
"""Inputs of each format in one round."""


def main() -> int:
    """Command line; exit code 1 at the first input that ends in anything but an answer or one clear error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=None, help="of the first round; the time by default")
    arguments = parser.parse_args()
    first = int(time.time()) if arguments.seed is None else arguments.seed
    until, tried = time.monotonic() + arguments.seconds, 0
    with tempfile.TemporaryDirectory() as folder:
        for number in itertools.count(first):
            for name in (*FILES, *TABLES):
                if time.monotonic() > until:
                    print(f"{tried} inputs, none of which got through")
                    return 0
                tried += _round(Path(folder), name, number)
        return 0


def _round(folder: Path, name: str, number: int) -> int:
    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=changes, encoding=st.sampled_from(ENCODINGS), zipped=st.booleans())
    def spoiled(steps: list, encoding: str, zipped: bool) -> None:
        if name in TABLES:
            (folder / name).write_bytes(mutated(TABLES[name], steps, encoding))
            check_table(folder / name)
            return
        path = folder / f"{name}.gz" if zipped else folder / name
        path.write_bytes(mutated(FILES[name], steps, encoding, zipped=zipped))
        check_file(path, whole=len(steps) > 2)

    try:
        spoiled()
    except BaseException:
        print(f"{name}, seed {number}:", file=sys.stderr)
        raise
    return EXAMPLES


if __name__ == "__main__":
    sys.exit(main())
