"""Sound of a call: reading it, who speaks when, how loud, what rings. Nothing here knows words."""

from __future__ import annotations

from pipeline.audio.decode import Channels, DecodeLimits, load, open_recording
from pipeline.audio.measure import Heard, listen

__all__ = ["Channels", "DecodeLimits", "Heard", "listen", "load", "open_recording"]
