"""How much one request, one client and all of them together may ask of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of a server; beyond one of them a request gets a short refusal, and the server goes on.

    Parameters
    ----------
    jobs
        Processes for long work, beside one that answers what is short; with 0 that one does everything.
    waiting, waiting_each
        Jobs that may wait, of all clients and of one; the next is refused with status 429.
    upload_bytes
        Largest body of a request.
    file_bytes
        Largest structure file, a gz as it expands.
    files
        Most files of one request.
    short_seconds, long_seconds, screen_seconds
        After so many seconds short work, long work and a screen are ended.
    max_seconds
        Largest estimate of a calculation that is made.
    memory_bytes
        What one job may take beside what its process held before.
    body_seconds
        After so many seconds a body that has not come in full is given up.
    keep_seconds
        How long a result can be fetched.
    """

    jobs: int = 1
    waiting: int = 200
    waiting_each: int = 50
    upload_bytes: int = 128_000_000
    file_bytes: int = 64_000_000
    files: int = 2000
    short_seconds: float = 60.0
    long_seconds: float = 900.0
    screen_seconds: float = 86_400.0
    max_seconds: float = 120.0
    memory_bytes: int = 4_000_000_000
    body_seconds: float = 120.0
    keep_seconds: float = 3600.0
