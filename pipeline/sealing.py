"""Sealed files: AES-256-GCM in chunks, so that a player's range is read without opening the whole.

A sealed file is a header (magic, id of the key, salt, length of the content) and chunks of 64 KiB, each with its tag. Each
file has a key of its own, made from the given one, the salt and its place (what it is and of which content); a chunk's
nonce is its number, and the header is authenticated with every chunk: one that is changed, moved, cut off or put into
another file is found, and so is a file in another's place. The form before (``CGS1``) didn't know its place: it is read,
and whoever reads it holds the content against what it should be (`Unsealed.is_bound`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import CallgaugeError, ConfigError
from pipeline.secret import secret

KEY_VARIABLE = "CALLGAUGE_KEY"
KEY_FILE_VARIABLE = "CALLGAUGE_KEY_FILE"
CHUNK = 64 * 1024
_MAGIC, _OLDER = b"CGS2", b"CGS1"
_HEADER = struct.Struct(">4s8s16sQ")
_TAG = 16
_BYTES = 32


class SealError(CallgaugeError):
    """A sealed file can't be read, or nothing may be written unsealed: the key is missing or another one."""

    code = "key"


class BrokenSealError(SealError):
    """The key is right and the content is not what was sealed."""


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Keys by id; the first seals, all of them open. Never shown: ``repr`` tells the ids alone."""

    by_id: Mapping[str, bytes]

    @property
    def newest(self) -> str | None:
        """Id of the key that seals; None where there is none."""
        return next(iter(self.by_id), None)

    def __repr__(self) -> str:
        return f"Keys({', '.join(self.by_id)})"

    def of(self, key_id: str) -> bytes:
        """The key of an id. Raises SealError."""
        if key_id in self.by_id:
            return self.by_id[key_id]
        if not self.by_id:
            raise SealError(
                f"this store is encrypted (key {key_id}); set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}"
            )
        raise SealError(f"this is encrypted with key {key_id}; given is {', '.join(self.by_id)}")


NO_KEYS = Keys({})


def new_key() -> str:
    """A new key, as `keys_from` reads it."""
    return base64.urlsafe_b64encode(os.urandom(_BYTES)).decode()


def id_of(key: bytes) -> str:
    """The public name of a key: 16 hexadecimal digits that don't tell it."""
    return hashlib.sha256(b"callgauge key id" + key).hexdigest()[:16]


def keys_from(environment: Mapping[str, str] = os.environ) -> Keys:
    """The keys that the environment gives, one a line, the newest first; none where it gives none.

    Raises
    ------
    ConfigError
        A key can't be read, or what should hold keys holds none. The message never shows it.
    """
    where = KEY_VARIABLE if environment.get(KEY_VARIABLE) else KEY_FILE_VARIABLE
    if where == KEY_VARIABLE and environment.get(KEY_FILE_VARIABLE):
        raise ConfigError([f"{KEY_VARIABLE}: key → and {KEY_FILE_VARIABLE} are both set; one is accepted"])
    text = secret(KEY_VARIABLE, environment) or ""
    lines = [line.strip() for line in text.splitlines()]
    found = [_key(line, where) for line in lines if line and not line.startswith("#")]
    if text and not found:  # else all would be written plain by somebody who asked for a key
        raise ConfigError([f"{where}: key → is set and holds none; `callgauge store key` makes one"])
    return Keys({id_of(key): key for key in found})


def _key(line: str, where: str) -> bytes:
    try:
        key = base64.b64decode(line.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _BYTES:
        raise ConfigError(
            [f"{where}: key → 32 bytes as base64 are accepted; `callgauge store key` makes one"]
        )
    return key


def write_sealed(content: BinaryIO, size: int, target: BinaryIO, keys: Keys, place: str = "") -> None:
    """Seal ``size`` bytes of a stream under the newest key, for one place: it is opened for the same only."""
    newest = keys.newest
    if newest is None:
        raise SealError(f"there is no key to encrypt with; set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}")
    header = _HEADER.pack(_MAGIC, bytes.fromhex(newest), os.urandom(16), size)
    cipher = _cipher(header, keys, place)
    target.write(header)
    left, number = size, 0
    while left or not number:  # an empty content has one chunk, so that its header is authenticated too
        block = content.read(min(CHUNK, left))
        if len(block) < min(CHUNK, left):
            raise OSError("a file became shorter while it was read")
        target.write(cipher.encrypt(_nonce(number), block, header))
        left, number = left - len(block), number + 1


def seal(content: bytes, keys: Keys, place: str = "") -> bytes:
    """A small content, sealed."""
    target = io.BytesIO()
    write_sealed(io.BytesIO(content), len(content), target, keys, place)
    return target.getvalue()


def unseal(sealed: bytes, keys: Keys, place: str = "") -> bytes:
    """What `seal` sealed. Raises SealError."""
    with Unsealed(io.BytesIO(sealed), keys, place) as opened:
        return opened.readall()


def key_id(sealed: BinaryIO) -> str:
    """The id of the key that a stream is sealed with; read from its beginning. Raises BrokenSealError."""
    return _split(sealed.read(_HEADER.size))[0]


def is_newest(sealed: BinaryIO, keys: Keys) -> bool:
    """Whether a sealed stream is in today's form and under the newest key; read from its beginning."""
    header = sealed.read(_HEADER.size)
    return _split(header)[0] == keys.newest and header[:4] == _MAGIC


class Unsealed(io.RawIOBase):
    """The content of a sealed stream, readable from any offset. Closes the stream with itself.

    ``is_bound`` is False for the older form, which may be another file's: its content must be held against its digest.
    """

    def __init__(self, sealed: BinaryIO, keys: Keys, place: str = "") -> None:
        self._sealed = sealed
        self._header = sealed.read(_HEADER.size)
        _, self.size = _split(self._header)
        self.is_bound = self._header[:4] == _MAGIC
        self._cipher = _cipher(self._header, keys, place)
        chunks = max(1, -(-self.size // CHUNK))
        if sealed.seek(0, io.SEEK_END) != _HEADER.size + self.size + chunks * _TAG:
            raise BrokenSealError("an encrypted file is not as long as it says")
        self._at, self._number, self._chunk = 0, -1, b""
        self._load(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # as io.RawIOBase calls it
        if self._at >= self.size:
            return 0
        number, first = divmod(self._at, CHUNK)
        self._load(number)
        part = self._chunk[first : first + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _load(self, number: int) -> None:
        from cryptography.exceptions import InvalidTag

        if number == self._number:
            return
        self._sealed.seek(_HEADER.size + number * (CHUNK + _TAG))
        try:
            self._chunk = self._cipher.decrypt(_nonce(number), self._sealed.read(CHUNK + _TAG), self._header)
        except InvalidTag:
            raise BrokenSealError(
                "an encrypted file has been changed, damaged or put in another's place"
            ) from None
        self._number = number


def _split(header: bytes) -> tuple[str, int]:
    if len(header) < _HEADER.size or header[:4] not in (_MAGIC, _OLDER):
        raise BrokenSealError("an encrypted file has no right beginning")
    _, key, _, size = _HEADER.unpack(header)
    return key.hex(), size


def _cipher(header: bytes, keys: Keys, place: str):  # type: ignore[no-untyped-def]  # its module is loaded where something is sealed
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    name, _ = _split(header)
    info = b"callgauge sealed file" + (b"\0" + place.encode() if header[:4] == _MAGIC else b"")
    own = HKDF(SHA256(), _BYTES, salt=header[12:28], info=info).derive(keys.of(name))
    return AESGCM(own)


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
