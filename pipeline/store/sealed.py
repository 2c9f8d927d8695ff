"""That the files are sealed, remembered by the database too: the mark among the files may be lost, or taken away.

Without it an area whose key isn't given would look like one that never had one, and new files would be written plain
beside the sealed ones.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from pipeline.sealing import BrokenSealError, key_id
from pipeline.store.database import Store
from pipeline.store.files import MARK, SEALED, FileArea
from pipeline.store.privacy_tables import StoreSecret

_NAME = "sealed_by"
_log = logging.getLogger(__name__)


def ready(store: Store) -> None:
    """Whether files may be written, by what files and database know together; what one of them has lost it is given back.

    Raises
    ------
    SealError
        The store is sealed and none of its keys is given.
    """
    area = store.files
    with store.reading() as session:
        row = session.get(StoreSecret, _NAME)
    remembered = tuple(row.value.split()) if row else ()
    if area.remark(remembered or (() if area.sealed_by() else _key_of_a_file(area))):
        _log.warning("%s was gone and is made anew: this store is encrypted", area.root / MARK)
    area.ready()
    if area.sealed_by() != remembered:
        remember(store)


def _key_of_a_file(area: FileArea) -> tuple[str, ...]:
    """What the files themselves tell: of an earlier version's store the database knows nothing yet."""
    for sha256, _, path in area.each():
        if sha256 and path.suffix == SEALED:
            # a damaged one is the check's business, and the next one tells as well
            with suppress(BrokenSealError), path.open("rb") as sealed:
                return (key_id(sealed),)
    return ()


def remember(store: Store) -> None:
    """Let the database say what the mark among the files says."""
    known = " ".join(store.files.sealed_by())
    with store.writing() as session:
        row = session.get(StoreSecret, _NAME)
        if row is None:
            session.add(StoreSecret(name=_NAME, value=known))
        else:
            row.value = known
