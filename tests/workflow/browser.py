"""A headless Chromium that notes what a page does; Debian's `chromium` and `chromium-driver`, driven by selenium."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PACKAGES = ("chromium", "chromium-driver")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb",
)  # fmt: skip


def require() -> tuple[str, str]:
    """Return the paths of Chromium and its driver, installing them where that is possible; skip the test if not."""
    pytest.importorskip("selenium")
    found = [shutil.which("chromium"), shutil.which("chromedriver")]
    if not all(found) and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", *command], capture_output=True, check=False)
        found = [shutil.which("chromium"), shutil.which("chromedriver")]
    if not all(found):
        pytest.skip(f"needs the Debian packages {' and '.join(PACKAGES)}")
    return found[0], found[1]


class Paper:
    """What a page is when printed.

    Args:
        content: A PDF.
    """

    def __init__(self, content: bytes):
        self.content = content

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(re.findall(rb"/Type\s*/Page\b", self.content))


class Page:
    """A page that is open in the browser.

    Args:
        driver: Selenium's.
    """

    def __init__(self, driver):
        self.driver = driver

    def run(self, script: str, *arguments: object) -> object:
        """Run JavaScript and return what it returns."""
        return self.driver.execute_script(script, *arguments)

    def resize(self, width: int, height: int = 844) -> None:
        """Show the page in a window of another size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def dark(self, on: bool) -> None:
        """Show the page as with a dark or a light theme."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def media(self, kind: str, dark: bool) -> None:
        """Show the page as on a `screen` or as on paper (`print`); an empty kind leaves that to the browser."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": [feature]})

    def settle(self) -> None:
        """Wait until the page has been laid out and drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0]; requestAnimationFrame(() => setTimeout(done, 50));"
        )

    def pdf(self) -> Paper:
        """Print the page."""
        options = {"preferCSSPageSize": True, "printBackground": True}
        return Paper(base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", options)["data"]))

    def screenshot(self, path: Path) -> None:
        """Write a PNG of the whole page."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(shot["data"]))

    def errors(self) -> list[str]:
        """Return what the console has complained of since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked for since the last call, data addresses left out."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]


@contextmanager
def opened(path: Path, profile: Path) -> Iterator[Page]:
    """Open a file in a browser with a fresh profile, noting its requests and its console."""
    chromium, chromedriver = require()
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (*QUIET, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(chromedriver))
    try:
        driver.get("about:blank")
        for log in ("browser", "performance"):
            driver.get_log(log)  # what the browser did for itself
        driver.get(path.as_uri())
        yield Page(driver)
    finally:
        driver.quit()
