"""A refusal in people's words."""

from __future__ import annotations


class Refused(Exception):
    """Something asked for cannot be done. `code` is stable; `text` is for people, per language.

    `field` names the offending input, `status` is the HTTP status a web server answers with.
    """

    def __init__(self, code: str, en: str, zh: str, *, field: str = "", status: int = 409) -> None:
        super().__init__(en)
        self.code = code
        self.text = {"en": en, "zh-CN": zh}
        self.field = field
        self.status = status
