"""Serving the nightly deployment: a schedule, and a process that runs it."""

from __future__ import annotations

import warnings
from typing import Any

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import EntrypointType
from prefect.schedules import Cron

from flows.nightly import nightly
from pipeline.errors import ConfigError


def serve_nightly(parameters: dict[str, Any], *, cron: str, time_zone: str) -> None:
    """Serve until stopped. Each run is a process of its own; one at a time, the next one waits.

    Raises
    ------
    ConfigError
        The cron line can't be read.
    """
    try:
        schedule = Cron(cron, timezone=time_zone)
    except ValueError as error:
        raise ConfigError(
            [f"--cron: {cron} → can't be read; a line such as '0 1 * * *' is accepted"]
        ) from error
    # Prefect's runner stops itself on a signal in a way that Python warns of
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    nightly.serve(
        name="nightly",
        schedule=schedule,
        parameters=parameters,
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        limit=1,
        print_starting_message=False,
        pause_on_shutdown=False,
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
