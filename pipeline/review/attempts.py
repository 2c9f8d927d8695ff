"""Attempts at a password that are under way: many at once must not slip past the count of those that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Attempts:
    """Of one server of the app, by name and by address."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    @contextmanager
    def one(self, name: str, address: str) -> Iterator[tuple[int, int]]:
        """Count one more while it lasts; yields how many others were under way for the name, and from the address."""
        with self._lock:
            others = self._names[name], self._addresses[address]
            self._names[name] += 1
            self._addresses[address] += 1
        try:
            yield others
        finally:
            with self._lock:
                for counted, key in ((self._names, name), (self._addresses, address)):
                    counted[key] -= 1
                    if not counted[key]:
                        del counted[key]
