"""Prefect's API for one command: ``python -m flows.private_server PORT [scheduling]``.

It ends when its standard input does.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

_NEEDLESS = (
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED", "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED",
    "PREFECT_SERVER_EVENTS_STREAM_OUT_ENABLED", "PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED",
)  # fmt: skip
"""Nobody looks at a private server while it runs: runs and their states are kept, the stream of events is not."""


def main() -> None:
    """Serve until the owner is gone."""
    if "scheduling" not in sys.argv:
        os.environ["PREFECT__SERVER_EPHEMERAL"] = "1"  # leaves out the services that only schedules need
        for name in _NEEDLESS:
            os.environ.setdefault(name, "false")
    os.environ["PREFECT__SERVER_FINAL"] = "1"
    os.environ["PREFECT_UI_ENABLED"] = "0"
    import uvicorn
    from prefect.server.api.server import create_app

    _let_schedules_be_kept()
    server = uvicorn.Server(
        uvicorn.Config(create_app, factory=True, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
    )

    def leave_with_owner() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True
        threading.Timer(8.0, os._exit, (0,)).start()

    threading.Thread(target=leave_with_owner, daemon=True).start()
    server.run()


def _let_schedules_be_kept() -> None:
    """Say how a flow run's state is set when many runs are written at once: not at all, its row is written apart.

    SQLAlchemy 2.1 asks for this and Prefect 3.8 doesn't tell it, so its scheduler would make no run, ever.
    """
    from prefect.server.database.orm_models import FlowRun
    from sqlalchemy import inspect

    state: Any = inspect(FlowRun).all_orm_descriptors["state"]
    if getattr(state, "bulk_dml_setter", state) is None:
        state.bulk_dml_setter = lambda _class, _mapping, _value: None


if __name__ == "__main__":
    main()
