"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

profile_option = click.option(
    "--profile",
    type=click.Path(path_type=Path),
    help="What the company is (YAML); else profile.yaml beside the input.",
)
standard_option = click.option(
    "--standard",
    default="telesales-cn",
    show_default=True,
    metavar="ID-or-FILE",
    help="The service standard to score against.",
)
language_option = click.option(
    "--language",
    type=click.Choice(["auto", "zh", "en"]),
    default="auto",
    show_default=True,
    help="Language of the calls; auto finds it for each.",
)
