"""Tables for a paper: LaTeX with the horizontal rules of the package booktabs."""

from __future__ import annotations

from snndeep.reporting.sheets.sheet import Cell, Sheet

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "\N{EN DASH}": "--",
    "\N{MINUS SIGN}": "$-$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{SUPERSCRIPT TWO}": r"\textsuperscript{2}",
    "\N{NARROW NO-BREAK SPACE}": r"\,",
    "\n": " ",
    "\r": " ",
}


def escape(text: str) -> str:
    """Return text with everything escaped that LaTeX would interpret as a command."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def latex(sheet: Sheet) -> str:
    """Return a sheet as a LaTeX table, which needs the package booktabs."""
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(sheet.title)}.{' ' + escape(sheet.note) if sheet.note else ''}}}",
        rf"\label{{tab:{sheet.name}}}",
        rf"\begin{{tabular}}{{{''.join('r' if column.numeric else 'l' for column in sheet.columns)}}}",
        r"\toprule",
        _line([column.title for column in sheet.columns]),
        r"\midrule",
        *(_line([_text(cell) for cell in row]) for row in sheet.rows()),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _text(cell: Cell) -> str:
    return f"{cell.text} ({cell.aside})" if cell.aside else cell.text


def _line(texts: list[str]) -> str:
    return " & ".join(escape(text) for text in texts) + r" \\"
