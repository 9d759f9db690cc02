"""The manager link on its way: it carries, is cut, or freezes without closing (half-open)."""

from __future__ import annotations

import asyncio
import contextlib


class Wire:
    """Listens on a port of its own and carries to the manager's."""

    def __init__(self, manager_port: int) -> None:
        self.port = 0
        self.cuts = 0
        self._manager_port = manager_port
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        self._close_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def cut(self, seconds: float) -> None:
        """Both ends are closed, and who comes again within `seconds` is turned away."""
        self.cuts += 1
        self._whole = False
        self._close_all()
        await asyncio.sleep(seconds)
        self._whole = True

    async def freeze(self, seconds: float) -> None:
        """Nothing arrives on either side for so long, and nobody is told."""
        self.cuts += 1
        self._flows.clear()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self._whole:
                far_reader, far = await asyncio.open_connection("127.0.0.1", self._manager_port)
                self._writers.add(far)
                await asyncio.gather(self._carry(reader, far), self._carry(far_reader, writer))
        except OSError:
            pass
        finally:
            for end in (writer, far):
                if end is not None:
                    self._writers.discard(end)
                    end.close()
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
        writer.close()

    def _close_all(self) -> None:
        for writer in list(self._writers):
            writer.close()
