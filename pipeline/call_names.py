"""Names of calls: derived from the file, free of telephone and identity numbers, and safe on a disk."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pipeline.errors import printable

__all__ = [
    "derive_call_id", "holds_number", "kept_name", "named_by", "path_in", "printable", "safe_name", "shown_name",
    "without_numbers",
]  # fmt: skip

MAX_NAME = 180  # bytes; leaves room for an ending under the 255 of most file systems
_TIMESTAMP = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
)
_IDENTITY = re.compile(
    r"(?<!\d)[1-8]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
    r"|(?<!\d)[1-8]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)"
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_PARTED = re.compile(
    r"(?<!\d)1[3-9]\d[-_. ]\d{4}[-_. ]\d{4}(?!\d)"  # 138-1234-5678
    r"|(?<!\d)1([-_. ])[3-9](?:\1\d){9}(?!\d)"  # 1 3 8 1 2 3 4 5 6 7 8
    r"|(?<!\d)0\d{2,3}[-_. ]\d{7,8}(?!\d)"  # 010-12345678
    r"|(?<!\d)00[1-9]\d{0,2}[-_. ]\d{7,11}(?!\d)"  # 0044 20...
    r"|\+\d[\d-]{7,17}\d"  # +44...
    r"|\(?(?<!\d)[2-9]\d{2}\)?[-. ][2-9]\d{2}[-. ]\d{4}(?!\d)"  # 212-555-0123
)
_WHOLE = re.compile(
    r"0[1-9]\d{8,10}|00[1-9]\d{8,12}|[2-9]\d{2}[2-9]\d{6}"
)  # a landline, one from abroad, a North American one
_RUN = re.compile(r"\d{10,}")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def holds_number(text: str) -> bool:
    """Whether a text holds what looks like a telephone or identity number.

    Examples
    --------
    >>> holds_number("rec_13812345678_1"), holds_number("rec_20250304093000"), holds_number("call-0042")
    (True, False, False)
    """
    return _holds(_plain(text)[0])


def _holds(text: str) -> bool:
    if _IDENTITY.search(text) or _PARTED.search(text):
        return True
    for run in _RUN.findall(text):
        if _TIMESTAMP.fullmatch(run[:14]) and len(run) in (14, 17):
            continue
        rest = _TIMESTAMP.sub("", run, count=1)
        if _MOBILE.search(rest) or _WHOLE.fullmatch(rest):
            return True
    return False


def derive_call_id(file: str, sha256: str, *, taken: Collection[str] = ()) -> str:
    """The id of a call that was given none.

    The file's stem; where another file has it, ``-`` and 8 digits of the digest; where the stem holds a
    telephone or identity number, or characters that nobody sees, ``call-`` and 12 digits of the digest.

    Examples
    --------
    >>> derive_call_id("a/morning.wav", "0123456789abcdef")
    'morning'
    >>> derive_call_id("b/morning.wav", "fedcba9876543210", taken={"morning"})
    'morning-fedcba98'
    """
    stem = PurePosixPath(file.replace("\\", "/")).stem.strip()
    hidden = not stem or holds_number(stem) or printable(stem) != stem
    base = f"call-{sha256[:12]}" if hidden else stem
    if base not in taken:
        return base
    suffixed = base if base.startswith("call-") and base.endswith(sha256[:12]) else f"{base}-{sha256[:8]}"
    number, name = 2, suffixed
    while name in taken:
        name, number = f"{suffixed}-{number}", number + 1
    return name


_NUMBERISH = re.compile(r"[+(]?\d(?:[-_. ()]{0,2}\d){6,}[Xx]?")
MAX_SHOWN = 200


def without_numbers(text: str) -> str:
    """A text with each telephone or identity number in it replaced by ``#``; other figures stay.

    Examples
    --------
    >>> without_numbers("rec_13812345678_1.wav"), without_numbers("rec_20250304093000.wav")
    ('rec_#_1.wav', 'rec_20250304093000.wav')
    >>> without_numbers("录音１３８－１２３４－５６７８.wav"), without_numbers("一三八幺二三四五六七八.wav")
    ('录音#.wav', '#.wav')
    """
    plain, places = _plain(text)
    shown, end = "", 0
    for first, last in _numbers(plain, 0):
        shown += f"{text[end : places[first]]}#"
        end = places[last - 1] + 1
    return shown + text[end:]


def _numbers(plain: str, at: int) -> Iterator[tuple[int, int]]:
    """Where the numbers stand in a text that itself begins at a place."""
    for match in _NUMBERISH.finditer(plain):
        said, start = match.group(), at + match.start()
        if not _holds(said):
            continue
        # a page of digits has nothing beside its numbers that is worth showing
        patterns = (_IDENTITY, _PARTED, _MOBILE) if len(said) <= MAX_SHOWN else ()
        found = next(filter(None, (pattern.search(said) for pattern in patterns)), None)
        if found is None:
            yield start, start + len(said)
            continue
        # separators within: what stands before and after the number itself, a date for instance, stays
        yield from _numbers(said[: found.start()], start)
        yield start + found.start(), start + found.end()
        yield from _numbers(said[found.end() :], start + found.end())


_HAN_DIGITS = dict(zip("〇○零幺一二三四五六七八九壹贰叁肆伍陆柒捌玖", "0001123456789123456789", strict=True))
_UNSEEN = {"Cf", "Mn", "Me"}


def _plain(text: str) -> tuple[str, list[int]]:
    """Digits, dashes and blanks of any script as the plain ones, without what nobody sees; and where each stands in the text."""
    places = [at for at, char in enumerate(text) if unicodedata.category(char) not in _UNSEEN]
    return "".join(_plain_char(text[at]) for at in places), places


def _plain_char(char: str) -> str:
    if char.isascii():
        return char
    kind = unicodedata.category(char)
    folded = unicodedata.normalize("NFKC", char)
    if kind in ("Nd", "No") and len(folded) == 1:
        return str(unicodedata.digit(folded, char))
    if kind == "Zs":
        return " "
    if kind == "Pd" or char == "−":
        return "-"
    return _HAN_DIGITS.get(char) or ("." if char in "·•・" else folded if folded in tuple("._+()") else char)


def shown_name(file: str, sha256: str | None) -> str:
    """The name of a recording as people and files may see it.

    Telephone and identity numbers in it become ``#``, with eight digits of the content's digest so that the
    recording can still be told and found; characters that could forge a line of a log, colour a terminal or turn the
    writing direction become ``?``; an overlong name is cut.

    Examples
    --------
    >>> shown_name("mon/13812345678.wav", "0123456789abcdef")
    'mon/#-01234567.wav'
    >>> shown_name("a\\nb.wav", None)
    'a?b.wav'
    """
    hidden = without_numbers(file)  # before a blank that nobody sees becomes a sign that parts the number
    masked = printable(hidden)
    if hidden != file and sha256:
        name = PurePosixPath(masked.replace("\\", "/"))
        masked = str(name.with_name(f"{name.stem}-{sha256[:8]}{name.suffix}"))
    if len(masked) > MAX_SHOWN:
        digest = hashlib.sha256(file.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        masked = f"{masked[: MAX_SHOWN - 10]}…-{digest}"
    return masked


_NO_TEXT = re.compile("[\udc80-\udcff]")
"""Bytes of a name that is no UTF-8, as Python holds them; no database takes them."""
_MARKED = re.compile("\ufffd([0-9A-F]{2})")


def kept_name(file: str) -> str:
    r"""The name of a file as text that can be stored anywhere; `path_in` finds the file by it.

    A byte that is no UTF-8 becomes ``\ufffd`` and its two hexadecimal digits. Other names stay as they are, unless they
    look like that already.

    Examples
    --------
    >>> kept_name("\udcbf\udccd.wav") == "\ufffdBF\ufffdCD.wav", kept_name("晨.wav")
    (True, '晨.wav')
    """
    plain = _MARKED.sub(lambda found: f"\ufffdEF\ufffdBF\ufffdBD{found.group(1)}", file)
    return _NO_TEXT.sub(lambda found: f"\ufffd{ord(found.group()) - 0xDC00:02X}", plain)


def path_in(folder: str, file: str) -> Path:
    """Where a file lies whose `kept_name` from a folder is given."""
    return Path(folder, named_by(file))


def named_by(file: str) -> str:
    """The name itself of a file whose `kept_name` is given."""
    parts, end = [], 0
    for found in _MARKED.finditer(file):
        parts += [os.fsencode(file[end : found.start()]), bytes.fromhex(found.group(1))]
        end = found.end()
    return os.fsdecode(b"".join((*parts, os.fsencode(file[end:]))))


def safe_name(call_id: str) -> str:
    """A call id as a file name.

    Only ``A-Za-z0-9._-`` stay, all else is percent-encoded; overlong ones end in a digest.

    Examples
    --------
    >>> safe_name("a/b"), safe_name("晨-1"), safe_name("..")
    ('a%2Fb', '%E6%99%A8-1', '%2E%2E')
    """
    name = quote(call_id, safe="", errors="surrogatepass").replace("~", "%7E")
    if not name.strip("."):
        name = name.replace(".", "%2E") or "%00"
    if name.startswith(".") or _RESERVED.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if name.endswith("."):
        name = f"{name[:-1]}%2E"
    if len(name) > MAX_NAME:
        digest = hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        name = f"{re.sub(r'%[0-9A-F]?$', '', name[: MAX_NAME - 17])}-{digest}"
    return name
