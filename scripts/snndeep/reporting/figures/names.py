"""Names that people chose, such as those of patients, as text in a figure."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from matplotlib import font_manager

# Letters of East Asia, in the first of these that is installed; Matplotlib brings no font that has them.
_EAST_ASIAN = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Source Han Sans SC", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB",
)  # fmt: skip


@cache
def families() -> tuple[str, ...]:
    """Return the installed fonts that labels are drawn with, the first one that has a letter first."""
    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    return ("DejaVu Sans", *(name for name in _EAST_ASIAN if name in installed))


@cache
def _known() -> frozenset[int]:
    """Return the numbers of the characters that the fonts can draw."""
    paths = [font_manager.findfont(name, fallback_to_default=False) for name in families()]
    return frozenset(number for path in paths for number in font_manager.get_font(Path(path)).get_charmap())


def as_label(name: str) -> str:
    """Return a name so that a figure shows it as it is.

    A dollar sign is no formula, and a character that no installed font has is shown by its number: an empty
    box would make all such names alike.
    """
    drawable = "".join(c if ord(c) in _known() or c == "\n" else c.encode("unicode_escape").decode() for c in name)
    return drawable.replace("$", r"\$")
