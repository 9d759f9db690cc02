"""Speech recognition as the app starts and stops it.

service = RecognitionService(RecognitionSettings(port=4574))
await service.start()          # never raises: what is missing is logged, and calls go on by keys
...
await service.stop()
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.speech.recognition.aeap_server import AeapServer
from callcenter.speech.recognition.pool import Listening, WorkerPool
from callcenter.speech.recognition.port import Recognised, SpokenGrammar

log = logging.getLogger(__name__)

OWN_MODELS = Path(__file__).resolve().parents[1] / "models"
"""The small models of our own making that come with the package."""
LANGUAGES = ("en", "zh-CN")

SURE, UNSURE = 80, 50
"""Default thresholds: from SURE on a choice is taken, from UNSURE on asked back; below, not understood."""


@dataclass(frozen=True, slots=True)
class RecognitionSettings:
    """`models`: a model folder by language; languages left out use our own small models."""

    models: Mapping[str, str] = field(default_factory=dict)
    engine: str = "vosk"
    workers: int = 1
    """Processes a language."""
    listenings_per_worker: int = 40
    host: str = "127.0.0.1"
    port: int = 4574
    enabled: bool = True


class RecognitionService:
    """Worker processes by language, and the server Asterisk connects to."""

    def __init__(self, settings: RecognitionSettings) -> None:
        self._settings = settings
        folders = {language: str(OWN_MODELS / language) for language in LANGUAGES} | dict(settings.models)
        if settings.engine == "pocketsphinx":
            folders = {"en": ""}
        self.pools = {
            language: WorkerPool(
                settings.engine, language, folder, settings.workers, settings.listenings_per_worker
            )
            for language, folder in folders.items()
        }
        self._server = AeapServer(self.open, settings.host, settings.port)
        self._listens = False

    @property
    def port(self) -> int:
        """Where Asterisk finds us; 0 if nothing listens there."""
        return self._server.port if self._listens else 0

    async def start(self) -> None:
        """Start everything. Returns when each worker is ready or has said why not; never raises."""
        if not self._settings.enabled:
            return
        try:
            await self._server.start()
            self._listens = True
        except OSError as error:
            log.error("speech recognition cannot listen on port %d: %s", self._settings.port, error)
        await asyncio.gather(*(pool.start() for pool in self.pools.values()))
        ready = [language for language, pool in self.pools.items() if pool.ready]
        if ready:
            log.info("speech recognition is ready for %s (%s)", ", ".join(ready), self._settings.engine)

    async def stop(self) -> None:
        """End everything; listenings under way fail."""
        await asyncio.gather(*(pool.stop() for pool in self.pools.values()))
        if self._listens:
            self._listens = False
            await self._server.stop()

    def ready(self, language: str) -> bool:
        """Whether somebody could be heard in this language now."""
        pool = self.pools.get(language)
        return pool is not None and pool.ready

    def open(self, grammar: SpokenGrammar, on_result: Callable[[Recognised], None]) -> Listening | None:
        """Begin to listen; None when nobody can in this language now, or all are busy."""
        pool = self.pools.get(grammar.language)
        return pool.open(grammar, on_result) if pool is not None else None
