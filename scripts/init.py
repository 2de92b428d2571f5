"""Look at a folder of scans and propose a configuration: `python scripts/init.py FOLDER`. Not a rule: a command to type.

Writes config/<name>.yaml and config/<name>.csv, the table of the scans, which can be corrected by hand.
"""

import argparse
import re
from pathlib import Path

from snndeep.console import command
from snndeep.errors import ConfigError
from snndeep.plan.schema import schema_of
from snndeep.plan.sections import Sections
from snndeep.scans.layouts.find import find_layout
from snndeep.scans.proposal import write_proposal


def arguments() -> argparse.Namespace:
    """Return what was typed."""
    parser = argparse.ArgumentParser(description="Look at a folder of scans; write a configuration and a table for it.")
    parser.add_argument("folder", type=Path, help="holds the data set")
    parser.add_argument("--name", help="name of the run and of both files (default: the folder's)")
    parser.add_argument("--output", type=Path, default=Path("config"), help="folder to write to (default: config)")
    return parser.parse_args()


def check_name(name: str) -> None:
    """Check the name of a run.

    Raises:
        ConfigError: If the configuration would not take it.
    """
    pattern = schema_of(Sections)["properties"]["run"]["pattern"]
    if not re.search(pattern, name):
        raise ConfigError(
            "The name cannot be that of a run.",
            where="--name",
            found=name,
            expected="letters, digits, _ and -, a letter or digit first",
        )


def main() -> None:
    """Look and write."""
    typed = arguments()
    with command():
        check_name(typed.name or "mine")
        layout, found = find_layout(typed.folder)
        name = typed.name or re.sub(r"[^A-Za-z0-9_-]+", "_", typed.folder.resolve().name).lstrip("_-") or "mine"
        config, table = write_proposal(name, typed.folder, found.scans, found.labels, typed.output)
    patients = {scan.patient for scan in found.scans}
    print(f"{typed.folder}: layout {layout}, {len(found.scans)} scans of {len(patients)} patients")
    for note in found.notes:
        print(f"  {note}")
    print(f"Wrote {table}: one row per scan; correct patients and labels there.")
    print(f"Wrote {config}. Next: snakemake --cores 2 --configfile {config}")


if __name__ == "__main__":
    main()
