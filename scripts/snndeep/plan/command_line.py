"""What somebody typed after `--config` and `--configfile`, before Snakemake makes something of it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from snndeep.console import command
from snndeep.errors import ConfigError
from snndeep.plan.configuration_file import check_file


def as_typed(config: Mapping[str, Any], entries: Sequence[str]) -> dict[str, Any]:
    """Return the configuration with single values of the command line as text, as they were typed.

    Snakemake makes a number of everything that looks like one: of the run `2024_05_01` it makes 20240501. The schema decides
    later what is a number. Nested values come as text already.

    Args:
        config: The configuration that Snakemake made.
        entries: What was typed after `--config`, as `key=value`.
    """
    typed = dict(entry.partition("=")[::2] for entry in entries)
    plain = {key: text for key, text in typed.items() if text and isinstance(config.get(key), int | float | str | bool)}
    return {**config, **plain}


def configuration_files(arguments: Sequence[str]) -> list[Path]:
    """Return the files after `--configfile` on a command line of Snakemake.

    Raises:
        ConfigError: If an option is there twice, because Snakemake would drop what the first one says.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--config", "-C", nargs="*", action="append", default=[])
    parser.add_argument("--configfile", "--configfiles", nargs="+", action="append", default=[])
    try:
        known, _ = parser.parse_known_args(list(arguments))
    except argparse.ArgumentError:
        return []  # Snakemake says itself what is wrong with it
    for option, given in {"--config": known.config, "--configfile": known.configfile}.items():
        if len(given) > 1:
            raise ConfigError(
                f"{option} is there twice, and Snakemake would drop what the first one says.",
                where="the command line",
                found=" and ".join(" ".join([option, *values]) for values in given),
                expected=" ".join([option, *(value for values in given for value in values)]),
            )
    return [Path(name) for names in known.configfile for name in names]


def check_command_line(arguments: Sequence[str]) -> None:
    """End with a message if a file of configuration that Snakemake is about to read has a mistake.

    The default profile calls this before Snakemake reads the files (profiles/default/config.yaml).

    Args:
        arguments: The command line without the program's name.
    """
    with command():
        own = Path("config/config.yaml")
        for path in [*([own] if own.exists() else []), *configuration_files(arguments)]:
            check_file(path)
