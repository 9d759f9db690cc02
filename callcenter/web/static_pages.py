"""The built pages: files under their names, everything else the one page that finds its way itself."""

from __future__ import annotations

import os
import time
from pathlib import Path

from aiohttp import web

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>callcenter</title>
<p>The pages are not built yet. 页面尚未构建。</p></html>"""
_FOREVER = "public, max-age=31536000, immutable"  # files in assets/ carry a hash of their content
RESCAN_SECONDS = 1.0


class StaticPages:
    """Serves the files found below a folder, by exact name: no path from outside ever reaches the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Path] = {}
        self._scanned = 0.0
        self._scan()

    async def get(self, request: web.Request) -> web.StreamResponse:
        """GET /{tail}."""
        name = request.match_info["tail"] or "index.html"
        path = self._find(name)
        if path is None and name.startswith("assets/"):
            raise web.HTTPNotFound
        if path is None:
            name, path = "index.html", self._find("index.html")
        if path is None:
            return web.Response(text=_NOT_BUILT, content_type="text/html", status=503)
        cache = _FOREVER if name.startswith("assets/") else "no-cache"
        return web.FileResponse(path, headers={"Cache-Control": cache})

    def _find(self, name: str) -> Path | None:
        path = self._files.get(name)
        if path is None and time.monotonic() - self._scanned > RESCAN_SECONDS:
            self._scan()  # the pages may have been built anew
            path = self._files.get(name)
        return path

    def _scan(self) -> None:
        self._scanned = time.monotonic()
        found = {}
        for folder, _, names in os.walk(self._folder):
            for name in names:
                path = Path(folder) / name
                found[path.relative_to(self._folder).as_posix()] = path
        self._files = found
