"""Prefect's API for one command: ``python -m flows.private_server PORT [scheduling]``.

It ends when its standard input does.
"""

from __future__ import annotations

import os
import sys
import threading


def main() -> None:
    """Serve until the owner is gone."""
    if "scheduling" not in sys.argv:
        os.environ["PREFECT__SERVER_EPHEMERAL"] = "1"  # leaves out the services that only schedules need
    os.environ["PREFECT__SERVER_FINAL"] = "1"
    os.environ["PREFECT_UI_ENABLED"] = "0"
    import uvicorn
    from prefect.server.api.server import create_app

    server = uvicorn.Server(
        uvicorn.Config(create_app, factory=True, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
    )

    def leave_with_owner() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True
        threading.Timer(8.0, os._exit, (0,)).start()

    threading.Thread(target=leave_with_owner, daemon=True).start()
    server.run()


if __name__ == "__main__":
    main()
