"""A flow on a leg: real callers' ways of pressing keys, on the simulated switch in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from callcenter.ivr.check import load_flow
from callcenter.ivr.frame import Frame
from callcenter.ivr.interpreter import FlowRun
from callcenter.ivr.runner import run_flow
from callcenter.ivr.steps import (
    EnterQueue,
    Fetch,
    Fetched,
    PromiseCallback,
    Promised,
    QueueEnded,
    Record,
    Recorded,
    SendMessage,
    Sent,
    TakeVoicemail,
    Transfer,
    Transferred,
    Utterance,
)
from callcenter.simulation.people import Act, CallerScript, Leave, Press, PressAtPrompt, SimulatedCaller
from callcenter.simulation.switch import SimulatedSwitch
from callcenter.simulation.virtual_time import VirtualClock, run_virtual
from callcenter.telephony.legs import Gone, Leg, LegGone
from callcenter.telephony.switch import Phone
from tests.ivr.kit import Room

DEMO = Path(__file__).parents[2] / "ivr_flows" / "hotline.yaml"
PROMPT_SECONDS = 4.0


class SpokenTexts:
    """Prompts named after what they say; one may fail to be made."""

    def __init__(self, failing: str = "") -> None:
        self._failing = failing

    async def path(self, utterance: Utterance) -> Path:
        if self._failing and self._failing in utterance.text:
            raise OSError("disk full")
        return Path("/prompts") / utterance.language / utterance.text.replace("/", " ")


class Call:
    """What came of one caller's call through the demo's flow."""

    def __init__(self, *acts: Act, failing: str = "", queue_ends: str = "served", begin: str = "") -> None:
        self.facts: list[tuple[str, dict[str, Any]]] = []
        self.queued: list[EnterQueue] = []
        self.messages: list[TakeVoicemail] = []
        self.gone: Gone | None = None
        self._prompts = SpokenTexts(failing)
        self._queue_ends = queue_ends
        self._begin = begin
        self.caller = run_virtual(self._story(acts))

    async def _story(self, acts: tuple[Act, ...]) -> SimulatedCaller:
        switch = SimulatedSwitch(VirtualClock(), prompt_seconds=lambda prompt: PROMPT_SECONDS)
        switch.attach(self._on_leg, lambda event: None)
        await switch.start()
        await switch.provision([Phone("1001", "s", "Li")])
        caller = switch.place_call(CallerScript(acts=acts))
        await caller.wait_ended()
        await asyncio.sleep(1)
        await switch.stop()
        assert switch.failures == []
        return caller

    async def _on_leg(self, leg: Leg) -> None:
        flow, _ = load_flow(DEMO)
        assert flow is not None
        try:
            await run_flow(
                FlowRun(flow, Room(flow)),
                leg,
                prompts=self._prompts,
                fact=lambda kind, **data: self.facts.append((kind, data)),
                services=self,
                frames=[Frame(flow, self._begin)] if self._begin else [],
            )
        except LegGone as gone:
            self.gone = gone.why

    # what the flow asks for beyond the leg (`ivr.runner.Services`)

    async def wait_in_line(self, step: EnterQueue) -> QueueEnded:
        self.queued.append(step)
        if self._queue_ends == "broken":
            raise RuntimeError("no such luck")
        return QueueEnded(self._queue_ends)

    async def take_voicemail(self, step: TakeVoicemail) -> None:
        self.messages.append(step)

    async def record(self, step: Record) -> Recorded:
        return Recorded("", 0.0)

    async def transfer(self, step: Transfer) -> Transferred:
        return Transferred("unreachable")

    async def promise_callback(self, step: PromiseCallback) -> Promised:
        return Promised(False)

    async def customer(self, number: str) -> None:
        return None

    async def fetch(self, step: Fetch) -> Fetched:
        return Fetched(False)

    async def send(self, step: SendMessage) -> Sent:
        return Sent(False)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.facts]

    @property
    def heard(self) -> list[str]:
        return [
            said.removeprefix("prompt /prompts/")
            for _, said in self.caller.story
            if said.startswith("prompt")
        ]


def test_the_caller_hears_the_menu_presses_two_keys_and_comes_to_the_queue() -> None:
    call = Call(PressAtPrompt("1", prompt="查询订单和物流"), PressAtPrompt("1", prompt="查询物流"))
    assert call.queued == [EnterQueue("orders", "orders")]
    assert call.kinds() == [
        "ivr.entered", "ivr.node", "ivr.node", "ivr.node", "ivr.key", "ivr.node", "ivr.key", "ivr.node",
    ]  # fmt: skip
    assert call.facts[0][1]["flow"] == "hotline" and len(call.facts[0][1]["version"]) == 10
    assert [data["label"]["en"] for kind, data in call.facts if kind == "ivr.key"] == [
        "Orders and delivery",
        "Track a delivery",
    ]


def test_a_regular_caller_types_ahead_during_the_welcome_and_hears_no_menu() -> None:
    call = Call(PressAtPrompt("2", 0.5, prompt="您好"), Press("2", 0.1))
    assert call.queued == [EnterQueue("refunds", "refunds")]
    assert not any("查询订单和物流" in heard for heard in call.heard)


def test_a_key_after_the_prompt_counts_until_the_time_is_up() -> None:
    call = Call(PressAtPrompt("3", PROMPT_SECONDS + 5.5, prompt="查询订单和物流"))
    [step] = call.queued
    assert (step.queue, [said.text for said in step.whisper]) == ("vip", ["贵宾来电"])


def test_who_presses_nothing_hears_the_menu_three_times_and_is_given_to_an_agent() -> None:
    call = Call()
    assert sum("查询订单和物流" in heard for heard in call.heard) == 3
    assert call.queued == [EnterQueue("agent", "orders", -5)]


def test_a_wrong_key_cuts_the_menu_short_is_told_and_the_menu_said_again() -> None:
    call = Call(PressAtPrompt("7", prompt="查询订单和物流"), PressAtPrompt("3", prompt="查询订单和物流"))
    assert [heard[6:10] for heard in call.heard] == ["您好，欢", "查询订单", "抱歉，没", "查询订单"]
    assert call.queued[0].queue == "vip"


def test_who_waited_too_long_leaves_a_message() -> None:
    call = Call(PressAtPrompt("0", prompt="查询订单和物流"), queue_ends="max_wait")
    assert [message.box for message in call.messages] == ["main"]
    assert "您的留言已经收到" in call.heard[-1]


def test_a_caller_who_hangs_up_in_the_menu_ends_the_flow_at_once() -> None:
    call = Call(Leave(6.0))
    assert call.gone is Gone.HANGUP
    assert call.queued == [] and call.kinds()[-1] == "ivr.node"


def test_a_prompt_that_cannot_be_made_leads_to_an_apology_and_the_first_queue() -> None:
    call = Call(failing="查询订单和物流")
    failure = {"flow": "hotline", "node": "main_menu", "error": "OSError: disk full"}
    assert ("ivr.failed", failure) in call.facts
    assert any("系统遇到了一点问题" in heard for heard in call.heard)
    assert [step.queue for step in call.queued] == ["orders"]


def test_a_queue_that_fails_is_not_tried_again_and_the_caller_is_not_left_in_silence() -> None:
    call = Call(PressAtPrompt("3", prompt="查询订单和物流"), queue_ends="broken")
    assert len(call.queued) == 1
    assert "系统暂时无法为您服务" in call.heard[-1]
    assert call.caller.ended


def test_when_nothing_at_all_can_be_said_the_call_still_reaches_an_agent() -> None:
    call = Call(failing="，")
    assert [step.queue for step in call.queued] == ["orders"]


def test_a_call_goes_on_where_it_was_interrupted() -> None:
    call = Call(PressAtPrompt("2"), begin="refunds_menu")
    assert call.facts[0] == ("ivr.node", {**call.facts[0][1], "node": "refunds_menu", "via": "resumed"})
    assert call.queued == [EnterQueue("refunds", "refunds")]
