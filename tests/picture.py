"""Write docs/report.png, the top of the demo's report as a browser shows it: `make picture`, after `make demo`."""

from __future__ import annotations

import base64
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/workflow"))

import browser  # noqa: E402

WIDTH, HEIGHT = 1180, 1010


def main() -> None:
    """Open the report, and write what is seen of it at first."""
    report, picture = (Path(path) for path in (sys.argv[1], sys.argv[2]))
    with tempfile.TemporaryDirectory() as profile, browser.opened(report.resolve(), Path(profile)) as page:
        page.resize(WIDTH, HEIGHT)
        page.run("document.documentElement.style.overflow = 'hidden'")  # no scroll bar
        page.settle()
        shot = page.driver.execute_cdp_cmd("Page.captureScreenshot", {})
    picture.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
