"""A flow's file on disk: read whole, and replaced in one step, so that no reader finds half of it."""

from __future__ import annotations

import os
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


def read_flow_file(path: Path) -> bytes | None:
    """The bytes of a file; None when there is none. Raises other OSErrors."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_flow_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of the file, or make it. Mode and owner stay as they were. Raises OSError.

    The name of the new file begins with a dot until it is whole: the library does not look at such files.
    """
    path = path.resolve()  # a link stays a link
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(file, "wb") as out:
            out.write(data)
            out.flush()
            _dress_like(path, out.fileno())
            os.fsync(out.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _dress_like(path: Path, file: int) -> None:
    try:
        old = path.stat()
    except FileNotFoundError:
        return
    mine = os.fstat(file)
    if (old.st_uid, old.st_gid) != (mine.st_uid, mine.st_gid):
        try:
            os.fchown(file, old.st_uid, old.st_gid)
        except PermissionError:
            log.warning("the owner of a flow file could not be kept", path=str(path))
    os.fchmod(file, old.st_mode & 0o7777)


def _sync_folder(folder: Path) -> None:
    """The new name survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
