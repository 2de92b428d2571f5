"""The documents: their links lead somewhere, and the error messages that they explain exist."""

import ast
import errno
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "config/README.md",
]


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def texts() -> str:
    """Return all text constants of the library and the workflow, f-strings included."""
    parts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "workflow").rglob("*.smk"))]
    for path in sorted((ROOT / "scripts").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts.append(node.value)
    return "\n".join(parts)


def test_the_explained_messages_exist():
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ")][1:]
    messages = [part.strip() for row in rows if row != "---" for part in re.split(r" / | \.\.\. ", row)]
    known = f"{texts()}\n{os.strerror(errno.ENOSPC)}\n{os.strerror(errno.EROFS)}"
    assert len(messages) > 10
    assert not [message for message in messages if message not in known]
