"""A nightly flow as a program of its own, so that tests can kill it: ``python night_run.py INBOX OPTIONS-AS-JSON``."""

from __future__ import annotations

import json
import sys
from typing import Any


def main(inbox: str, options: dict[str, Any]) -> int:
    """Run the night with Prefect's server at hand."""
    from flows.quiet import prefect_ready
    from pipeline.store import place_of

    with prefect_ready(place_of().files / "prefect"):
        from night_flow import night

        night(inbox, options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}))
