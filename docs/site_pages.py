"""Pages of the site that are documents outside docs/, and the report of the demo as an example."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
REPORT = ROOT / "results/demo/report.html"
EXAMPLE = "example-report.html"
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<path>[^)#\s:]+)(?P<after>#[^)]*)?\)")
PICTURE = re.compile(r'src="(?P<path>[^":]+)"')


def on_files(files: Files, config: Any) -> Files:
    """Add the documents outside docs/, and the report of the demo if there is one."""
    for source, page in OUTSIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if page == "index.md" and REPORT.exists():
            link = f"[The report of the demo]({EXAMPLE}), as an example."
            text = text.replace("## What do you want", f"{link}\n\n## What do you want", 1)
        files.append(File.generated(config, page, content=_linked(text, "")))
    if REPORT.exists():
        files.append(File.generated(config, EXAMPLE, abs_src_path=str(REPORT)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to the pages of the site; what is not part of it is named without a link."""
    return markdown if page.file.src_uri in OUTSIDE.values() else _linked(markdown, "docs")


def _linked(text: str, folder: str) -> str:
    def to_page(link: re.Match[str]) -> str:
        page = _page_of(posixpath.normpath(posixpath.join(folder, link["path"])))
        return f"[{link['text']}]({page}{link['after'] or ''})" if page else link["text"]

    def to_picture(source: re.Match[str]) -> str:
        return f'src="{_page_of(posixpath.normpath(posixpath.join(folder, source["path"])))}"'

    return PICTURE.sub(to_picture, LINK.sub(to_page, text))


def _page_of(path: str) -> str:
    """Return the page of a document by its path in the repository; nothing if it is not part of the site."""
    if path in OUTSIDE:
        return OUTSIDE[path]
    return path.removeprefix("docs/") if path.startswith("docs/") or path == EXAMPLE else ""
