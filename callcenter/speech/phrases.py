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

NOT_UNDERSTOOD: Phrase = {
    "zh-CN": "抱歉，我没有听清楚。",
    "en": "Sorry, I did not understand that.",
}
DID_YOU_SAY: Phrase = {  # value: what was heard
    "zh-CN": "您说的是{value}吗？请说是或不是。也可以按一确认，按二重说。",
    "en": "Did you say {value}? Please say yes or no, or press one for yes and two for no.",
}
YOU_ENTERED: Phrase = {  # value: what was keyed in, read out
    "zh-CN": "您输入的是{value}。正确请按一，重新输入请按二。",
    "en": "You entered {value}. If this is right, press one. To enter it again, press two.",
}
WRONG_NUMBER: Phrase = {
    "zh-CN": "抱歉，您输入的号码不正确。",
    "en": "Sorry, that number is not right.",
}
CALL_YOU_BACK_ON: Phrase = {  # value: the caller's number, read out
    "zh-CN": "我们将回拨您的来电号码{value}。确认请按一，使用其他号码请按二。",
    "en": "We will call you back on {value}. If this is right, press one. For another number, press two.",
}
ENTER_YOUR_NUMBER: Phrase = {
    "zh-CN": "请输入您的电话号码，按井号键结束。",
    "en": "Please enter your telephone number, and press the pound key when you are done.",
}
CALL_BACK_NOTED: Phrase = {
    "zh-CN": "好的，我们会给您回电。",
    "en": "Very well, we will call you back.",
}
PLACE_KEPT: Phrase = {
    "zh-CN": "好的，已为您保留排队位置，轮到您时我们会给您回电。",
    "en": "Very well. You keep your place in line, and we will call you back when it is your turn.",
}
CANNOT_CALL_BACK: Phrase = {
    "zh-CN": "抱歉，这个号码我们无法回电。感谢您的来电，再见。",
    "en": "Sorry, we cannot call that number back. Thank you for calling. Good-bye.",
}
CALLING_YOU_BACK: Phrase = {  # value: the center's name
    "zh-CN": "您好，这里是{value}，按您的要求给您回电，客服代表马上为您服务。如不再需要，请按九。",
    "en": "Hello, this is {value}, calling you back as you asked. An agent will be with you in a moment. "
    "If you no longer need us, press nine.",
}
NO_CALL_BACK: Phrase = {
    "zh-CN": "好的，已为您取消。再见。",
    "en": "Very well, that is cancelled. Good-bye.",
}
RATE_US: Phrase = {
    "zh-CN": "请对本次服务评价。五分非常满意，一分非常不满意，请按一到五。",
    "en": "Please rate our service from one to five. Five is very good, one is very bad.",
}
THANKS_FOR_RATING: Phrase = {
    "zh-CN": "感谢您的评价。",
    "en": "Thank you for your rating.",
}
NOT_REACHED: Phrase = {
    "zh-CN": "抱歉，您要转接的号码暂时无法接通。再见。",
    "en": "Sorry, the number cannot be reached right now. Good-bye.",
}

YOU_ARE_NEXT: Phrase = {
    "zh-CN": "下一位就是您。",
    "en": "You are next in line.",
}
YOUR_POSITION: Phrase = {  # value: the place in line, as an ordinal
    "zh-CN": "您目前排在{value}位。",
    "en": "You are {value} in line.",
}
EXPECTED_WAIT: Phrase = {  # value: how long, in words
    "zh-CN": "预计还需等待约{value}。",
    "en": "We expect to answer you in about {value}.",
}
CALLBACK_OFFERED: Phrase = {  # value: the key
    "zh-CN": "如果您不想等待，请按{value}，轮到您时我们会给您回电，您的排队位置将为您保留。",
    "en": "To be called back without losing your place in line, press {value}.",
}
VOICEMAIL_OFFERED: Phrase = {  # value: the key
    "zh-CN": "留言请按{value}。",
    "en": "To leave a message, press {value}.",
}

YES: dict[str, list[str]] = {"zh-CN": ["是的", "是", "对", "好"], "en": ["yes", "yeah", "right", "correct"]}
NO: dict[str, list[str]] = {"zh-CN": ["不是", "不对", "不要"], "en": ["no", "wrong"]}

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
    NOT_UNDERSTOOD,
    WRONG_NUMBER,
    ENTER_YOUR_NUMBER,
    CALL_BACK_NOTED,
    PLACE_KEPT,
    CANNOT_CALL_BACK,
    NO_CALL_BACK,
    RATE_US,
    THANKS_FOR_RATING,
    NOT_REACHED,
    YOU_ARE_NEXT,
)
WITH_VALUES: tuple[Phrase, ...] = (DID_YOU_SAY, YOU_ENTERED, CALL_YOU_BACK_ON)


def text(phrase: Phrase, language: str) -> str:
    """The phrase in a language, or in the default one where it lacks it."""
    return phrase.get(language) or phrase[DEFAULT_LANGUAGE]


def filled(phrase: Phrase, language: str, value: str) -> str:
    """The phrase with its value, in one piece."""
    return text(phrase, language).replace("{value}", value)


def around(text: str) -> tuple[str, str]:
    """What stands before and behind the value of a phrase."""
    head, _, tail = text.partition("{value}")
    return head.strip(), tail.strip("，。？,.? ")


def all_texts() -> Iterator[tuple[str, str]]:
    """Every (text, language) without values, for rendering them before the first caller needs them."""
    for phrase in ALL:
        for language, words in phrase.items():
            yield words, language
    for phrase in WITH_VALUES:
        for language, words in phrase.items():
            for piece in around(words):
                yield piece, language
