"""The drawing's own words, and how much room words take."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

# kind of node: its name in each language, and its family, which gives shape and colour
KINDS: Mapping[str, tuple[str, str, str]] = {
    "say": ("播报", "Say", "say"),
    "play": ("播报", "Say", "say"),
    "menu": ("菜单", "Menu", "ask"),
    "collect": ("收号", "Collect", "ask"),
    "ask": ("语音提问", "Ask", "ask"),
    "record": ("录音", "Record", "record"),
    "voicemail": ("留言", "Voicemail", "record"),
    "survey": ("满意度", "Survey", "record"),
    "hours": ("营业时间", "Hours", "decide"),
    "if": ("条件", "If", "decide"),
    "switch": ("分支", "Switch", "decide"),
    "customer": ("查客户", "Customer", "lookup"),
    "http": ("查询接口", "HTTP lookup", "lookup"),
    "message": ("发消息", "Message", "lookup"),
    "set": ("赋值", "Set", "lookup"),
    "queue": ("排队", "Queue", "people"),
    "transfer": ("转接", "Transfer", "people"),
    "callback": ("预约回电", "Call back", "people"),
    "call": ("子流程", "Sub-flow", "jump"),
    "goto": ("跳转", "Go to", "jump"),
    "language": ("切换语言", "Language", "jump"),
    "return": ("返回上层", "Return", "end"),
    "hangup": ("挂机", "Hang up", "end"),
}
# an exit's place in its node, as far as it has a name of its own
EXITS: Mapping[str, tuple[str, str]] = {
    "next": ("", ""),
    "open": ("营业", "open"),
    "closed": ("休息", "closed"),
    "emergency": ("紧急开关", "emergency"),
    "then": ("是", "yes"),
    "else": ("否则", "otherwise"),
    "otherwise": ("否则", "otherwise"),
    "found": ("找到", "found"),
    "not_found": ("没找到", "not found"),
    "on_timeout": ("没有按键", "no key"),
    "on_invalid": ("按错", "wrong key"),
    "on_failed": ("未成功", "failed"),
    "on_silence": ("没有说话", "silence"),
    "on_error": ("出错", "error"),
    "on_max_wait": ("等待超时", "waited too long"),
    "on_full": ("队列已满或关闭", "full or closed"),
    "on_no_answer": ("无人接听", "no answer"),
    "on_busy": ("忙线", "busy"),
    "after_talk": ("通话后", "after the talk"),
    "after_offer": ("选择回电或留言后", "after an offer"),
}
SAID: Mapping[str, tuple[str, str]] = {
    "flow": ("流程图", "Flow"),
    "call": ("来电", "Call"),
    "left": ("{count} 人在此离开", "{count} callers left here"),
    "took": ("{count} 人走过", "{count} callers came this way"),
    "unreachable": ("没有路通到这里", "no way leads here"),
    "dead": ("到此为止，没有出口", "a dead end"),
    "missing": ("没有这个节点", "there is no such node"),
}


def word(table: Mapping[str, tuple[str, str]], name: str, language: str) -> str:
    """A word of ours in a language; a name that is not known stands for itself."""
    pair = table.get(name)
    if pair is None:
        return name.removeprefix("on_").replace("_", " ")
    return pair[0] if language == "zh-CN" else pair[1]


def kind_name(kind: str, language: str) -> str:
    """The name of a kind of node."""
    known = KINDS.get(kind)
    return (known[0] if language == "zh-CN" else known[1]) if known else kind


def family(kind: str) -> str:
    """What a kind is drawn like."""
    known = KINDS.get(kind)
    return known[2] if known else "jump"


def width(text: str, size: float) -> float:
    """How wide a text of a font size is, in pixels, on the safe side for proportional fonts."""
    return sum(_advance(sign) for sign in text) * size


def fitted(text: str, size: float, room: float) -> str:
    """The text, or its beginning with an ellipsis, in `room` pixels."""
    if width(text, size) <= room:
        return text
    taken, used = "", 0.8 * size
    for sign in text:
        used += _advance(sign) * size
        if used > room:
            break
        taken += sign
    return taken.rstrip() + "…"


def lines(text: str, size: float, room: float, most: int) -> list[str]:
    """The text in at most so many lines, broken at spaces or between Chinese characters; the last one cut."""
    left = " ".join(text.split())
    found: list[str] = []
    while left and len(found) < most - 1 and width(left, size) > room:
        cut, used, space = 0, 0.0, 0
        for sign in left:
            used += _advance(sign) * size
            if used > room:
                break
            cut += 1
            if sign == " " or _is_wide(sign):
                space = cut
        cut = max(space or cut, 1)
        # a line must not begin with a mark that closes
        if cut < len(left) and left[cut] in "，。！？；：、）》”’…,.!?;:)" and cut > 1:
            cut -= 1
        found.append(left[:cut].strip())
        left = left[cut:].strip()
    if left:
        found.append(fitted(left, size, room))
    return found


def _is_wide(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) in "WF"


def _advance(sign: str) -> float:
    """A sign's width in em."""
    if _is_wide(sign):
        return 1.0
    if sign in "iljtfr.,:;'!|()[] -":
        return 0.36
    if sign in "mwMW@%&—…":
        return 0.92
    return 0.68 if sign.isupper() else 0.56
