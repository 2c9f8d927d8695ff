"""Which files of a folder are recordings by their name, and which stand apart: told for what they are, and not taken in."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal

_ENDINGS = "wav wave mp3 flac ogg oga opus m4a mp4 aac webm mka gsm au aif aiff amr wma 3gp"
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Endings by which a folder's recordings are told from its other files; a file that is named is always taken."""
_ARCHIVES = "zip rar 7z tar tgz tbz tbz2 txz tzst gz bz2 xz zst lz lzma lz4 z lzh lha arj ace cab iso dmg"
_ARCHIVE = re.compile(
    rf"\.(?:{_ARCHIVES.replace(' ', '|')}|r\d\d|z\d\d|(?:zip|7z|rar|tar)\.\d+)$", re.IGNORECASE
)
"""Ends a packed file's name, or that of a part of one."""

Apart = Literal["hidden", "archive", "link_outside", "no_plain_file"]
MOST_BYTES = 8 << 30
"""Beyond the longest recording that is accepted (6 h of two channels at 96 kHz) no file is read, be it a hole (our default)."""
TOO_BIG = f"is larger than {MOST_BYTES >> 30} GiB, the limit for one recording"

TOLD: dict[Apart, tuple[str, str]] = {
    "hidden": (
        "隐藏文件或位于隐藏文件夹中，不予处理",
        "is hidden, or in a hidden folder: rename it if it is a call",
    ),
    "archive": (
        "压缩包不会打开，请解压后放入",
        "is an archive, and none is opened: unpack it if it holds calls",
    ),
    "link_outside": (
        "链接指向文件夹之外或已失效",
        "is a link that leads out of its folder, or nowhere, and isn't followed",
    ),
    "no_plain_file": (
        "不是普通文件（如管道、套接字），不予读取",
        "is a pipe, a socket or a device and no plain file, and isn't read",
    ),
}
"""What is said of each, in Mandarin and English."""
_COMPANION = b"\x00\x05\x16\x07"


def is_recording(name: PurePath) -> bool:
    """Whether a file is a recording by its ending."""
    return name.suffix.lower() in SUFFIXES


def apart(name: PurePath) -> Apart | None:
    """What a file is that may hold calls and isn't taken in, by its name from its folder; None for all others.

    Examples
    --------
    >>> from pathlib import PurePosixPath as P
    >>> apart(P("mon/calls.tar.gz")), apart(P(".trash/a.wav")), apart(P("a.wav")), apart(P(".notes"))
    ('archive', 'hidden', None, None)
    """
    if _ARCHIVE.search(name.name):
        return "archive"
    return "hidden" if is_hidden(name) and is_recording(name) else None


def is_hidden(name: PurePath) -> bool:
    """Whether a file is hidden, or lies in a hidden folder."""
    return any(part.startswith(".") and part != ".." for part in name.parts)


def may_be_companion(name: PurePath) -> bool:
    """Whether a name is one under which macOS keeps what belongs to another file."""
    return name.name.startswith("._")


def is_companion(head: bytes) -> bool:
    """Whether a file of such a name is that by its first bytes, and no recording."""
    return head.startswith(_COMPANION)
