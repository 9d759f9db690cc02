"""The command of a speech engine, as written in the settings, and its places."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

FILE = re.compile(r"\{file\}(\.[A-Za-z0-9]{1,5})?")
_PLACE = re.compile(r"\{([a-z_]*)\}")
_PLACES = ("file", "text_file", "language")


def command_problem(template: str) -> str:
    """What is wrong with a command, or ''.

    `{file}` is the sound to be written, by itself (WAV) or with another ending (`{file}.mp3`); the text comes
    on standard input, or stands in `{text_file}`; `{language}` is zh-CN or en.
    """
    try:
        words = shlex.split(template)
    except ValueError as error:
        return f"the command can not be read: {str(error).lower()}"
    if not words:
        return "the command is empty"
    for name in _PLACE.findall(template):
        if name not in _PLACES:
            return f"there is no {{{name}}}; known are " + ", ".join(f"{{{place}}}" for place in _PLACES)
    if "{file}" not in template:
        return "the command must say where {file} goes, the sound it is to write"
    return ""


def filled(word: str, values: Mapping[str, str]) -> str:
    """A word of the command with its places filled. `{file}` by itself gets the ending .wav."""
    word = FILE.sub(lambda found: values["file"] + (found[1] or ".wav"), word)
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), word)
