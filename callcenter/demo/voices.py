"""What callers and agents of the demo say: spoken once by the speech engine, kept as ulaw for SIPp."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import structlog

from callcenter.speech.tts import EspeakSpeaker, Speaker, SpeechError

log = structlog.get_logger("callcenter.demo.voices")

_LINES: dict[tuple[str, str], str] = {
    ("caller", "zh-CN"): "你好，我前几天在你们商城买了一个东西，一直没有收到，麻烦帮我查一下，谢谢。",
    (
        "caller",
        "en",
    ): "Hello, I ordered something from your shop last week and it has not arrived. Could you check?",
    ("voicemail", "zh-CN"): "你好，我想咨询一下商品什么时候到货，请有空的时候给我回个电话，谢谢。",
    ("voicemail", "en"): "Hello, please call me back about my order when you have a moment. Thank you.",
    ("agent", "zh-CN"): "您好，很高兴为您服务。请稍等，我马上为您查询订单的最新进展。",
}
_PAUSE_SECONDS = 1.5  # of silence at the end, before SPEAK begins again


async def make_voices(folder: Path, speaker: Speaker | None = None) -> dict[tuple[str, str], Path]:
    """Files of headerless ulaw by (who, language); those that could not be spoken are missing."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    speaker = speaker or EspeakSpeaker()
    made: dict[tuple[str, str], Path] = {}
    for (who, language), text in _LINES.items():
        target = folder / f"{who}-{language}.ul"
        if not target.exists():
            spoken = target.with_suffix(".wav")
            try:
                await speaker.speak(text, language, spoken)
                target.write_bytes(wav_to_ulaw(spoken, _PAUSE_SECONDS))
            except (SpeechError, OSError, wave.Error) as problem:
                log.warning("a voice of the demo stays silent", who=who, language=language, why=str(problem))
                continue
        made[who, language] = target
    return made


def wav_to_ulaw(source: Path, pause_seconds: float = 0.0) -> bytes:
    """The samples of a mono 16-bit 8 kHz WAV file as ulaw, with silence at the end. Raises wave.Error."""
    with wave.open(str(source), "rb") as file:
        if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, 8000):
            raise wave.Error(f"{source.name} is not 16 bit mono at 8 kHz")
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    return bytes(ulaw(sample) for sample in samples) + bytes([ulaw(0)]) * int(8000 * pause_seconds)


def ulaw(sample: int) -> int:
    """One 16-bit sample in G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF
