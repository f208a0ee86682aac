"""A headless Chromium that is driven through its debugging pipe: no driver, no port, nothing to install beside it."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --enable-unsafe-swiftshader --disable-quic --no-first-run "
    "--disable-background-networking --hide-scrollbars --remote-debugging-pipe"
).split()


class Tab:
    """One page of the browser."""

    def __init__(self, pipe: Pipe, session: str) -> None:
        self._pipe, self._session = pipe, session
        self.console: list[str] = []
        pipe.tabs[session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._pipe.call(method, parameters, self._session)

    def size(self, width: int, height: int = 900, *, dark: bool = False) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=scheme)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        self.until("document.documentElement?.dataset.page === 'ready'")

    def run(self, script: str) -> Any:
        """Value of an expression, awaited where it is a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"].get("exception", {}).get("description", answer))
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = 60.0) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + seconds
        while not self.run(f"Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}\n{self.run('document.body.innerText')[:3000]}"
            time.sleep(0.05)

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in an input, as a user does in the dialogue."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(file) for file in files], nodeId=node)

    def drop(self, selector: str, *files: Path) -> None:
        """Drop files on an element, as a user does from a folder."""
        box = self.run(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({_found(selector)}.getBoundingClientRect())")
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=box[0], y=box[1], data=data)

    def click(self, selector: str) -> None:
        self.run(f"{_found(selector)}.click()")

    def text(self, selector: str = "body") -> str:
        return str(self.run(f"{_found(selector)}.innerText"))

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """Screenshot, of the whole page or of what is in sight."""
        data = self.call("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        file.write_bytes(base64.b64decode(data))


def _found(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"


class Pipe:
    """Messages to the browser and from it, each ended by a zero byte."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._rest, self._number = b"", 0
        self.tabs: dict[str, Tab] = {}
        self.asked: list[str] = []

    def call(self, method: str, parameters: dict[str, Any] | None = None, session: str | None = None) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return dict(answer["result"])
            self._note(answer)

    def _next(self, seconds: float = 120.0) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._reading], [], [], seconds)
            assert ready, "the browser does not answer"
            data = os.read(self._reading, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))

    def _note(self, event: dict[str, Any]) -> None:
        tab, told = self.tabs.get(event.get("sessionId", "")), event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.asked.append(told["request"]["url"])
        if tab is None:
            return
        if event["method"] == "Log.entryAdded":
            tab.console.append(told["entry"]["text"])
        elif event["method"] == "Runtime.exceptionThrown":
            tab.console.append(str(told["exceptionDetails"].get("exception", {}).get("description")))
        elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            tab.console.append(" ".join(str(one.get("value", one)) for one in told["args"]))


class Browser:
    """A running Chromium."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe

    def tab(self, downloads: Path | None = None) -> Tab:
        """A page with cookies of its own, as another user has them."""
        context = self.pipe.call("Target.createBrowserContext")["browserContextId"]
        if downloads is not None:
            where = {"behavior": "allow", "downloadPath": str(downloads), "browserContextId": context}
            self.pipe.call("Browser.setDownloadBehavior", where)
        target = self.pipe.call("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.pipe.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Tab(self.pipe, session)


@contextmanager
def chromium_session(program: str, folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, gone at the end."""
    to_browser, to_us = os.pipe(), os.pipe()

    def descriptors() -> None:
        # Out of the way first: one of the two may be 3 or 4 itself.
        theirs = [fcntl.fcntl(file, fcntl.F_DUPFD, 10) for file in (to_browser[0], to_us[1])]
        os.dup2(theirs[0], 3)
        os.dup2(theirs[1], 4)

    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
        preexec_fn=descriptors,
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_browser[0])
    os.close(to_us[1])
    try:
        yield Browser(Pipe(to_us[0], to_browser[1]))
    finally:
        process.kill()
        process.wait()
        os.close(to_browser[1])
        os.close(to_us[0])
