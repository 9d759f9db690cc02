"""Random flows of every node type, and what may come of their steps."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from callcenter.center.routing_model import OverflowTarget
from callcenter.ivr.nodes import NODE_TYPES
from callcenter.ivr.steps import (
    AskKey,
    Deaf,
    Done,
    EnterQueue,
    Failed,
    Fetch,
    Fetched,
    FindCustomer,
    Found,
    HangUp,
    Listen,
    Outcome,
    Play,
    Pressed,
    PromiseCallback,
    Promised,
    QueueEnded,
    Record,
    Recorded,
    SendMessage,
    Sent,
    Spoken,
    Step,
    TakeVoicemail,
    Transfer,
    Transferred,
)

NODE_NAMES = ["a", "b", "c", "d", "e", "f"]
NAMES = st.sampled_from(NODE_NAMES)
MAYBE = st.one_of(st.just(""), NAMES)
VARIABLES = st.sampled_from(["x", "y", "z"])
LANGUAGES = st.sampled_from(["zh-CN", "en"])
FLOW_NAMES = st.sampled_from(["one", "two", "three"])
EXPRESSIONS = st.sampled_from(
    ["x == 1", "y > 2", "x", "y + 'a'", "len(z) < 3", "customer.level == 'vip'", "time.hour < 12", "x.part",
     "y / 0", "int(z)", "x * x", "[y, y]", "not z", "caller.number"]
)  # fmt: skip
FILLED = st.one_of(
    EXPRESSIONS.map(lambda e: "{" + e + "}"), st.sampled_from(["", "1", "{y}{y}", "a {x} b", "{{x}}"])
)
TEXT = st.one_of(
    FILLED, st.sampled_from(["{x|digits}", "{y|money}", "{z|date}", "{y|phone}", "{call.did|number}"])
)
SAY = st.fixed_dictionaries({"zh-CN": TEXT, "en": TEXT})
WORDS = st.sampled_from([{}, {"zh-CN": ["好", "订单"], "en": ["yes"]}, {"zh-CN": ["不好"], "en": ["no"]}])
RETRIES = st.integers(0, 2)
VALUES = st.dictionaries(VARIABLES, FILLED, min_size=1, max_size=3)


def _node(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    asked = st.fixed_dictionaries({"type": st.just(kind), **fields})
    return st.builds(lambda node, error: {**node, "on_error": error}, asked, MAYBE)


_KEYS = st.dictionaries(
    st.sampled_from("01#*"),
    st.fixed_dictionaries({"go": NAMES, "words": WORDS}, optional={"language": LANGUAGES}),
    min_size=1,
)
_ANSWERS = st.dictionaries(
    st.sampled_from(["yes", "no"]),
    st.fixed_dictionaries({"words": WORDS, "go": NAMES}, optional={"key": st.sampled_from("12")}),
    min_size=1,
)
NODES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "say": _node("say", say=SAY, next=NAMES),
    "menu": _node("menu", say=SAY, keys=_KEYS, retries=RETRIES, on_timeout=MAYBE, on_invalid=MAYBE),
    "collect": _node(
        "collect", say=SAY, into=VARIABLES, next=NAMES, on_failed=MAYBE, retries=RETRIES,
        max_digits=st.integers(1, 4), confirm=st.booleans(), secret=st.booleans(),
        check=st.sampled_from(["", "luhn", "date", "time"]), pattern=st.sampled_from(["", "1[0-9]*"]),
    ),
    "ask": st.one_of(
        _node(
            "ask", say=SAY, answers=_ANSWERS, into=VARIABLES, on_failed=MAYBE, retries=RETRIES, keys_say=SAY
        ),
        _node("ask", say=SAY, into=VARIABLES, next=NAMES, on_failed=MAYBE, retries=RETRIES),
    ),
    "record": _node("record", into=VARIABLES, next=NAMES, on_silence=MAYBE),
    "voicemail": _node("voicemail", next=MAYBE),
    "hours": _node("hours", hours=st.just("office"), open=NAMES, closed=NAMES),
    "if": st.builds(lambda node, no: {**node, "else": no}, _node("if", when=EXPRESSIONS, then=NAMES), NAMES),
    "switch": st.builds(
        lambda node, no: {**node, "else": no},
        _node(
            "switch", value=EXPRESSIONS,
            cases=st.dictionaries(st.sampled_from(["1", "yes", "vip"]), NAMES, min_size=1),
        ),
        NAMES,
    ),
    "set": _node("set", values=VALUES, next=NAMES),
    "customer": _node("customer", number=FILLED, found=NAMES, not_found=NAMES),
    "http": st.builds(
        lambda node, mapped: {**node, "map": mapped},
        _node(
            "http", url=st.sampled_from(["https://a.example/{x}", "https://a.example/{y}/{z}"]),
            query=st.just({"q": "{x}"}), into=st.one_of(st.just(""), VARIABLES), next=NAMES,
            on_status=st.dictionaries(st.sampled_from(["404", "500"]), NAMES),
        ),
        st.dictionaries(
            VARIABLES, st.sampled_from(["{answer.x}", "{status}", "{answer[0]}", "{answer}"]), max_size=2
        ),
    ),
    "queue": _node("queue", queue=st.just("orders"), on_max_wait=MAYBE, after_talk=MAYBE, whisper=SAY),
    "transfer": _node("transfer", number=FILLED, on_no_answer=MAYBE, on_busy=MAYBE, after_talk=MAYBE),
    "callback": _node(
        "callback", queue=st.just("orders"), in_place=st.booleans(), number=FILLED, next=NAMES,
        on_failed=MAYBE, retries=RETRIES,
        times=st.sampled_from([{}, {"1": {"in_minutes": 5}, "2": {"days": 1, "at": "09:00"}}]),
    ),
    "survey": _node(
        "survey", questions=st.dictionaries(VARIABLES, st.just({}), min_size=1, max_size=2), next=MAYBE
    ),
    "message": _node("message", text=SAY, to=FILLED, next=NAMES),
    "language": _node("language", language=LANGUAGES, next=NAMES),
    "call": st.builds(
        lambda node, given: {**node, "with": given},
        _node("call", flow=FLOW_NAMES, into=st.one_of(st.just(""), VARIABLES), next=NAMES),
        st.dictionaries(VARIABLES, FILLED, max_size=2),
    ),
    "return": _node("return", values=st.dictionaries(VARIABLES, FILLED, max_size=2)),
    "goto": st.one_of(_node("goto", next=NAMES), _node("goto", flow=FLOW_NAMES)),
    "hangup": _node("hangup", say=SAY),
}  # fmt: skip

assert set(NODES) == {get_args(kind.model_fields["type"].annotation)[0] for kind in NODE_TYPES}

FLOW_FILES = st.fixed_dictionaries(
    {
        "version": st.just(1),
        "name": st.just({"zh-CN": "流程", "en": "Flow"}),
        "language": st.just("zh-CN"),
        "start": NAMES,
        "variables": st.just({"x": 1, "y": "2", "z": ""}),
        "nodes": st.fixed_dictionaries({name: st.one_of(*NODES.values()) for name in NODE_NAMES}),
    },
    optional={"on_error": NAMES, "overflow_queue": st.just("orders")},
)
"""A file's data. Each of its nodes is there, and each name it uses."""

_DATA = st.sampled_from([None, {}, {"x": "1"}, [{"x": 2}], "text", 7, {"x": {"y": ["z"]}}, "{secret:TOKEN}"])
KEYS = st.sampled_from([Pressed(key) for key in ["", "0", "1", "1", "2", "#", "*", "5", "A"]])
SAID = st.sampled_from(["好", "不好", "订单", "yes", "no", ""])
HEARD = st.one_of(KEYS, st.just(Deaf()), st.builds(Spoken, SAID, st.integers(0, 100)))
FITTING: dict[type[Step], st.SearchStrategy[Outcome]] = {
    Play: st.just(Done()),
    AskKey: KEYS,
    Listen: HEARD,
    Record: st.sampled_from([Recorded("file.wav", 2.0), Recorded("", 0.0)]),
    TakeVoicemail: st.just(Done()),
    EnterQueue: st.sampled_from(
        [
            *(QueueEnded(how) for how in ("served", "max_wait", "full", "failed")),
            QueueEnded("elsewhere", OverflowTarget(voicemail="main")),
            QueueEnded("elsewhere", OverflowTarget(number="4001")),
            QueueEnded("elsewhere", OverflowTarget(flow="nowhere")),
            QueueEnded("elsewhere", OverflowTarget(callback=True)),
        ]
    ),
    Transfer: st.sampled_from([Transferred(how) for how in ("talked", "busy", "no_answer", "unreachable")]),
    PromiseCallback: st.builds(Promised, st.booleans()),
    FindCustomer: st.sampled_from([Found(None), Found({"name": "Li", "level": "vip"})]),
    Fetch: st.builds(Fetched, st.booleans(), st.sampled_from([200, 404, 500, 0]), _DATA),
    SendMessage: st.sampled_from([Sent(True), Sent(False, "no")]),
    HangUp: st.just(Done()),
}
ODD: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Failed("the switch is gone")), st.just(Done()), KEYS, *FITTING.values()
)


def what_comes_of(data: st.DataObject, step: Step) -> Outcome:
    """Mostly an outcome that fits a step; now and then one that does not, or a failure."""
    if data.draw(st.integers(0, 9)) == 0:
        return data.draw(ODD)
    return data.draw(FITTING[type(step)])
