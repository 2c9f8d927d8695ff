"""Telling a webhook of the night's alerts. Whatever becomes of it, the file stands and the night's result too."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

DELAYS_S = (1.0, 5.0, 20.0)
"""Waits before each new try: where nobody answers, or the other side says that it is busy or broken."""
_TRY_AGAIN = frozenset({408, 425, 429})
_log = logging.getLogger(__name__)


class _NoRedirect(HTTPRedirectHandler):
    """Alerts name customers: they go where they were sent to and nowhere else."""

    def redirect_request(self, *_args: Any, **_options: Any) -> None:
        return None


_OPENER = build_opener(_NoRedirect)


def tell(
    url: str, data: dict[str, Any], *, timeout_s: float = 10.0, delays_s: Sequence[float] | None = None
) -> bool:
    """Post the alerts. A webhook that can't be told, after all tries, is told of in the log, without its address."""
    if not url.startswith(("https://", "http://")):
        _log.warning("CALLGAUGE_WEBHOOK: only http and https addresses are told")
        return False
    body = json.dumps(data, ensure_ascii=False).encode()
    for delay_s in (*(DELAYS_S if delays_s is None else delays_s), None):
        why, may_heal = _post(url, body, timeout_s)
        if why is None:
            return True
        if delay_s is None or not may_heal:
            break
        time.sleep(delay_s)
    _log.warning("the webhook could not be told (%s); the alerts stand in the file", why)
    return False


def _post(url: str, body: bytes, timeout_s: float) -> tuple[str | None, bool]:
    """What went wrong, None for nothing, and whether it may heal."""
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "callgauge"}
    try:
        request = Request(url, body, headers)  # noqa: S310 - http or https, checked by the caller
        with _OPENER.open(request, timeout=timeout_s):
            return None, False
    except HTTPError as error:
        error.close()
        return f"status {error.code}", error.code in _TRY_AGAIN or error.code >= 500
    except (OSError, HTTPException, ValueError) as error:
        return type(error).__name__, not isinstance(error, ValueError)
