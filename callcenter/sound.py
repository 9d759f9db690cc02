"""What speaks and what listens, built from the settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from callcenter.center.config import Config
from callcenter.speech.command_speaker import CommandSpeaker
from callcenter.speech.prompts import PromptStore
from callcenter.speech.recognition.service import (
    LANGUAGES,
    OWN_MODELS,
    RecognitionService,
    RecognitionSettings,
)
from callcenter.speech.recognition.vocabulary import Vocabulary
from callcenter.speech.tts import EspeakSpeaker, Speaker


def make_prompts(config: Config) -> PromptStore:
    """The prompt cache with its voice. espeak-ng stands in where a command fails."""
    speech = config.speech
    voices = {str(language): voice for language, voice in speech.voices.items()}
    espeak = EspeakSpeaker(voices, speech.words_per_minute, speech.pitch)
    speaker: Speaker = espeak
    if speech.engine == "command":
        commands = {str(language): command for language, command in speech.commands.items()}
        speaker = CommandSpeaker(commands, espeak, speech.command_seconds)
    return PromptStore(
        config.prompts_path,
        speaker,
        speech.parallel,
        Path(config.asterisk.prompts_dir),
        stand_in=None if speaker is espeak else espeak,
    )


def make_recognition(config: Config) -> RecognitionService:
    """The recogniser; it starts when a flow in force listens."""
    listening = config.speech.recognition
    return RecognitionService(
        RecognitionSettings(
            models={str(language): folder for language, folder in listening.models.items()},
            engine=listening.engine,
            workers=listening.workers,
            listenings_per_worker=listening.listenings_per_worker,
            host=listening.host,
            port=listening.port,
            enabled=listening.enabled,
        )
    )


def make_ears(config: Config) -> Callable[[str, str], list[str]]:
    """Which words of a phrase (language, phrase) the recogniser does not know; none where nobody can say."""
    listening = config.speech.recognition
    folders = {language: str(OWN_MODELS / language) for language in LANGUAGES}
    folders.update({str(language): folder for language, folder in listening.models.items()})

    def unknown(language: str, phrase: str) -> list[str]:
        if listening.engine != "vosk" or language not in folders:
            return []
        try:
            return Vocabulary.of_folder(Path(folders[language])).unknown_words(phrase)
        except OSError:  # large models keep their words elsewhere
            return []

    return unknown
