"""Recordings and voicemails as streams that a browser can seek in."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from callcenter.web.errors import not_found


def audio_answer(folder: Path, relative: str | None, name: str) -> web.StreamResponse:
    """The file `relative` below `folder`, with Range. Raises Refused (404) when outside or missing."""
    path = inside(folder, relative) if relative else None
    if path is None:
        raise not_found("no_audio")
    headers = {
        "Content-Type": "audio/wav",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}.wav"',
    }
    return web.FileResponse(path, headers=headers)


def inside(folder: Path, relative: str) -> Path | None:
    """The existing file below `folder`, with links followed; None when it lies elsewhere."""
    try:
        root = folder.resolve()
        path = (root / relative).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, ValueError):
        return None
