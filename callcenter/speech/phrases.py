"""What the engine itself says, in every language. Flows bring their own texts; these are the last resort."""

from __future__ import annotations

from collections.abc import Iterator

Phrase = dict[str, str]  # text by language; plain str keys, since this room knows no other

DEFAULT_LANGUAGE = "zh-CN"

GOODBYE: Phrase = {
    "zh-CN": "感谢您的来电，再见。",
    "en": "Thank you for calling. Good-bye.",
}
NOT_UNDERSTOOD_GOODBYE: Phrase = {
    "zh-CN": "抱歉，我们没有收到您的选择。感谢您的来电，再见。",
    "en": "Sorry, we did not get your choice. Thank you for calling. Good-bye.",
}
WRONG_KEY: Phrase = {
    "zh-CN": "抱歉，没有这个选项。",
    "en": "Sorry, that is not one of the choices.",
}
TROUBLE: Phrase = {
    "zh-CN": "抱歉，系统遇到了一点问题，请稍等。",
    "en": "Sorry, something went wrong on our side. One moment, please.",
}
TROUBLE_GOODBYE: Phrase = {
    "zh-CN": "抱歉，系统暂时无法为您服务，请稍后再拨。再见。",
    "en": "Sorry, we cannot serve you right now. Please call again later. Good-bye.",
}
UNKNOWN_NUMBER: Phrase = {
    "zh-CN": "抱歉，您拨打的号码没有开通服务，请核对后再拨。再见。",
    "en": "Sorry, the number you dialed is not in service. Please check it and call again. Good-bye.",
}
WAITED_TOO_LONG: Phrase = {
    "zh-CN": "非常抱歉，客服代表仍然全忙，请稍后再拨。再见。",
    "en": "We are very sorry, all our agents are still busy. Please call again later. Good-bye.",
}
LEAVE_A_MESSAGE: Phrase = {
    "zh-CN": "请在提示音后留言，说完请按井号键。",
    "en": "Please leave a message after the tone, and press the pound key when you are done.",
}
MESSAGE_KEPT: Phrase = {
    "zh-CN": "您的留言已经收到，谢谢。",
    "en": "Your message has been saved. Thank you.",
}

ALL: tuple[Phrase, ...] = (
    GOODBYE,
    NOT_UNDERSTOOD_GOODBYE,
    WRONG_KEY,
    TROUBLE,
    TROUBLE_GOODBYE,
    UNKNOWN_NUMBER,
    WAITED_TOO_LONG,
    LEAVE_A_MESSAGE,
    MESSAGE_KEPT,
)


def text(phrase: Phrase, language: str) -> str:
    """The phrase in a language, or in the default one where it lacks it."""
    return phrase.get(language) or phrase[DEFAULT_LANGUAGE]


def all_texts() -> Iterator[tuple[str, str]]:
    """Every (text, language), for rendering them before the first caller needs them."""
    for phrase in ALL:
        for language, words in phrase.items():
            yield words, language
