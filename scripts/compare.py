"""Compare two published runs: `python scripts/compare.py A B`, each a name below results/ or a folder. Not a rule.

Writes one HTML page: what differs in configuration, code and data, and the difference of every model with paired intervals.
Needs the packages of envs/report.yaml.
"""

import argparse
from pathlib import Path

from snndeep.console import command
from snndeep.evaluation.runs import compare_runs
from snndeep.reporting.compare_page import compare_page, sentences
from snndeep.reporting.published import find_run, read_published
from snndeep.store.files import write_text


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Compare two published runs of SNNDeep.")
    for name, what in (("first", "A"), ("second", "B")):
        parser.add_argument(name, metavar=what, help="a run below results/, or the folder of a published run")
    parser.add_argument(
        "--output", type=Path, default=Path("comparison.html"), help="the page to write (default: %(default)s)"
    )
    return parser.parse_args()


def main() -> None:
    """Compare and write."""
    typed = arguments()
    with command():
        a, b = (read_published(find_run(named)) for named in (typed.first, typed.second))
        compared = compare_runs(a.judged, b.judged)
        write_text(typed.output, compare_page(a, b, compared))
        print("\n".join(sentences(a.record, b.record, compared)))
        print(typed.output)


if __name__ == "__main__":
    main()
