"""Who is let in: those who ask for this host by its name, from no other site, with the token where there is one."""

from __future__ import annotations

import hmac
import ipaddress
import json
import socket
from collections.abc import Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_COOKIE = "mlcluster_token"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing comes from anywhere else, and no script or style that does not lie in a file of the package."""
REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""A report carries its scripts in itself: it is shut in, without an origin, so that it can ask this server nothing."""
_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_READING = ("GET", "HEAD")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """What a ``Host`` header may say, in lower case, where a server listens on this address.

    A server that listens everywhere goes by the names and addresses of its machine.
    """
    names = {host.lower()}
    if is_loopback(host):
        names |= {"localhost", "127.0.0.1", "::1"}
    elif host in ("0.0.0.0", "::"):
        own = socket.gethostname()
        names |= {"localhost", "127.0.0.1", "::1", own.lower(), socket.getfqdn().lower()}
        try:
            names |= {str(found[4][0]).lower() for found in socket.getaddrinfo(own, None)}
        except OSError:  # a machine whose own name cannot be looked up goes by the others
            pass
    bracketed = {f"[{name}]" if ":" in name and not name.startswith("[") else name for name in names}
    return frozenset({f"{name}:{port}" for name in bracketed} | (bracketed if port == 80 else set()))


class Guard:
    """Middleware in front of everything.

    Parameters
    ----------
    app
        What answers those who are let in.
    hosts
        As `allowed_hosts` gives them: a page of another name that was made to point here is refused.
    token
        What a request has to know, as ``Authorization: Bearer``, or once as ``/?token=``; None where anyone on this
        machine may ask.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], token: str | None) -> None:
        self._app, self._hosts, self._token = app, hosts, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                wanted = _HEADERS | {"content-security-policy": PAGE_POLICY}
                message["headers"] = [
                    *message["headers"],
                    *((k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in there),
                ]
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(sending, *refusal)
        elif self._comes_with_token(scope):
            cookie = f"{TOKEN_COOKIE}={self._token}; Path=/; HttpOnly; SameSite=Strict"
            await _answer(sending, 303, "", {"location": "/", "set-cookie": cookie})
        elif not self._knows_token(headers):
            hint = "this server asks for its token: open the address that it printed, or send Authorization: Bearer."
            await _answer(sending, 401, hint, {"www-authenticate": "Bearer"})
        else:
            await self._app(scope, receive, sending)

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Status and reason for a request that did not come from a page of this server, or from no page at all."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or headers["host"].lower() not in self._hosts:
            return 421, "this server does not go by that name."
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{headers['host'].lower()}":
            return 403, "requests from other sites are refused."
        site = headers.get("sec-fetch-site", "none")
        opened = scope["method"] in _READING and headers.get("sec-fetch-mode") == "navigate" and scope["path"] == "/"
        if site not in ("none", "same-origin") and not opened:
            return 403, "requests from other sites are refused."
        return None

    def _comes_with_token(self, scope: Scope) -> bool:
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return scope["path"] == "/" and scope["method"] in _READING and bool(given) and self._is_token(given)

    def _knows_token(self, headers: Mapping[str, str]) -> bool:
        if self._token is None:
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self._is_token(given.strip())
        return self._is_token(cookies_of(headers.get("cookie", "")).get(TOKEN_COOKIE, ""))

    def _is_token(self, given: str) -> bool:
        return self._token is not None and hmac.compare_digest(given.encode(), self._token.encode())


def cookies_of(header: str) -> dict[str, str]:
    """Cookies by name; none of a header that cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


async def _answer(send: Send, status: int, error: str, headers: Mapping[str, str] | None = None) -> None:
    content = json.dumps({"error": error}).encode() if error else b""
    told: dict[str, Any] = {"content-type": "application/json", "content-length": str(len(content))} | dict(
        headers or {}
    )
    start = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": content})
