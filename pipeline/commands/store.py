"""``callgauge store``: the store itself."""

from __future__ import annotations

import click


@click.group()
def store() -> None:
    """Check, back up and migrate the store; export its lists."""
