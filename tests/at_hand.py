"""What a test does without the files of others: it is skipped, or fails where they have to be there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def not_at_hand(message: str) -> NoReturn:
    """Skip the test, unless ``MLCLUSTER_REQUIRE_SHARED=1`` says that the files have to be there."""
    if os.environ.get("MLCLUSTER_REQUIRE_SHARED") == "1":
        pytest.fail(message)
    pytest.skip(message)
