"""The text of a call list's bytes, in the encodings that spreadsheets save; what may be read in two ways is refused."""

from __future__ import annotations

import unicodedata

from pipeline.errors import ConfigError

__all__ = ["decoded"]


def decoded(raw: bytes, name: str) -> str:
    """UTF-8, UTF-16 with a byte order mark, or GB18030. Raises ConfigError."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "gb18030" and _may_be_big5(raw, text):
            raise ConfigError(
                [f"{name}: file → may be Big5, or holds characters of nobody's; save it as UTF-8"]
            )
        return text
    raise ConfigError([f"{name}: file → neither UTF-8 nor GB18030; save it as UTF-8"])


def _may_be_big5(raw: bytes, text: str) -> bool:
    """Whether bytes that read as GB18030 make better Big5: private characters, or many rare ones and all common in Big5."""
    if any(unicodedata.category(char) == "Co" for char in text):
        return True
    try:
        other = [char for char in raw.decode("big5") if "\u4e00" <= char <= "\u9fff"]
    except UnicodeDecodeError:
        return False
    han = [char for char in text if "\u3400" <= char <= "\u9fff"]
    rare = sum(not _encodes(char, "gb2312") for char in han)
    return rare > 0.2 * len(han) and all(char.encode("big5") < b"\xc9" for char in other)


def _encodes(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
