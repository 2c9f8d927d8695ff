"""Says by its exit status whether the public advisory service can be asked from here.

A mirror that answers for packages but knows no faults would let everything pass, so the question is one whose answer is
known: Jinja2 2.10 has faults.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request

KNOWN_FAULTY = "https://pypi.org/pypi/jinja2/2.10/json"


def reachable() -> bool:
    """Whether the service knows the faults that are known."""
    try:
        with urllib.request.urlopen(KNOWN_FAULTY, timeout=10) as answer:
            return bool(json.load(answer).get("vulnerabilities"))
    except (urllib.error.URLError, ValueError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(0 if reachable() else 1)
