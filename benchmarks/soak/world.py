"""The center of the soak: its file, as it is applied anew again and again, its flows, and its Asterisk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.soak.wire import Wire
from callcenter.asterisk.config_files import AsteriskPorts
from callcenter.asterisk.local_install import AsteriskProgram, cache_folder
from callcenter.demo.local_center import LocalCenter

HOTLINE, DIRECT, UNKNOWN = "4000", "4001", "4009"
FIRST_EXTENSION = 1101
RING_SECONDS, WRAP_UP_SECONDS = 6, 4
LONGEST_WAIT_S = 45
QUEUES = ("orders", "refunds", "vip")
REASONS = ("break", "lunch", "meeting")
DISPOSITIONS = ("solved", "follow_up", "complaint")

_CENTER = """version: 1
name: {{en: Soak, zh-CN: 耐久}}
country: CN
default_language: en
hours:
  always:
    weekly: {{mon: &day ["00:00-24:00"], tue: *day, wed: *day, thu: *day, fri: *day, sat: *day, sun: *day}}
numbers:
  - {{did: "{hotline}", name: {{en: Hotline, zh-CN: 热线}}, flow: hotline}}
  - {{did: "{direct}", name: {{en: Direct line, zh-CN: 直线}}, flow: direct}}
mailboxes: {{main: {{name: {{en: Main, zh-CN: 总机}}}}}}
skills:
  orders: {{name: {{en: Orders, zh-CN: 订单}}}}
  refunds: {{name: {{en: Refunds, zh-CN: 退款}}}}
  vip: {{name: {{en: VIP, zh-CN: 贵宾}}}}
queues:
  orders:
    name: {{en: Orders, zh-CN: 订单}}
    skills: {{orders: 4}}
    rings: [{{after: 6, needs: orders >= 1}}]
    ring_seconds: {ring}
    wrap_up_seconds: {wrap_up}
    max_wait_seconds: {longest}
    missed_limit: {missed}
    overflow: [{{wait: 20, to: {{queue: refunds}}}}]
    callback: {{hours: always, retry_minutes: 1, ring_seconds: 8, tries: 2}}
    waiting:
      announce: {{after: 3, every: 10, wait_at_least: 10, rounded_to: 10}}
      messages: {{after: 7, every: 10, items: [{{say: {{en: "Please hold the line.", zh-CN: 请稍候。}}}}]}}
      offers:
        "4": {{offer: callback, after: 2, every: 12}}
        "5": {{offer: voicemail, mailbox: main, after: 2, every: null}}
  refunds:
    name: {{en: Refunds, zh-CN: 退款}}
    skills: {{refunds: 1}}
    strategy: {strategy}
    ring_seconds: {ring}
    wrap_up_seconds: {wrap_up}
    max_wait_seconds: {longest}
    max_length: 40
    record: false
  vip:
    name: {{en: VIP, zh-CN: 贵宾}}
    skills: {{vip: 3}}
    priority: 10
    last_agent: {{seconds: 4}}
    ring_seconds: {ring}
    wrap_up_seconds: {wrap_up}
    max_wait_seconds: {longest}
agents:
{agents}
not_ready_reasons:
  break: {{name: {{en: Break, zh-CN: 小休}}}}
  lunch: {{name: {{en: Lunch, zh-CN: 午餐}}, limit_minutes: 0.2, at_limit: ready}}
  meeting: {{name: {{en: Meeting, zh-CN: 会议}}}}
dispositions:
  solved: {{name: {{en: Solved, zh-CN: 已解决}}}}
  follow_up: {{name: {{en: Follow-up, zh-CN: 需跟进}}, resolved: false}}
  complaint: {{name: {{en: Complaint, zh-CN: 投诉}}, resolved: false}}
"""
_HOTLINE = """version: 1
name: {en: Hotline, zh-CN: 热线}
language: en
start: welcome
variables: {service: ""}
nodes:
  welcome: {type: say, say: {en: "Welcome to the Lantern store.", zh-CN: 欢迎致电灯笼商城。}, next: main}
  main:
    type: menu
    say:
      en: For orders press 1, refunds 2, VIP service 3, to be called back press 4, to leave a message 5.
      zh-CN: 订单请按1，退款请按2，贵宾服务请按3，预约回电请按4，留言请按5。
    keys:
      "1": {go: orders}
      "2": {go: refunds}
      "3": {go: vip}
      "4": {go: call_back}
      "5": {go: message}
    timeout_seconds: 4
    retries: 1
    on_timeout: bye
  orders: {type: queue, queue: orders, after_talk: survey, on_max_wait: message}
  refunds: {type: queue, queue: refunds, after_talk: survey, on_max_wait: call_back}
  vip: {type: queue, queue: vip, priority: 5, on_max_wait: message}
  survey:
    type: survey
    questions: {service: {say: {en: "How was it? Press one to five.", zh-CN: 请评分，一到五。}}}
    retries: 0
    next: bye
  call_back: {type: callback, queue: orders, in_place: true, next: bye, on_failed: bye, retries: 0}
  message: {type: voicemail, box: main, max_seconds: 20, next: bye}
  bye: {type: hangup, say: {en: "Good-bye.", zh-CN: 再见。}}
"""
_DIRECT = """version: 1
name: {en: Direct line, zh-CN: 直线}
language: en
start: line
nodes:
  line: {type: queue, queue: orders, on_max_wait: bye}
  bye: {type: hangup, say: {en: "Good-bye.", zh-CN: 再见。}}
"""


def agents_of(count: int) -> dict[str, str]:
    """Agents by id, with their extensions."""
    return {f"a{FIRST_EXTENSION + n}": str(FIRST_EXTENSION + n) for n in range(count)}


def center_text(agents: Sequence[str], generation: int, gone: frozenset[str] = frozenset()) -> str:
    """The center as it is for the `generation`-th time: some have other skills than before, and queues ring
    longer or shorter. `gone` are not declared this time. Everybody can serve somebody."""
    lines = []
    for n, agent in enumerate(agents):
        if agent in gone:
            continue
        turn = n + (generation if n % 3 == 0 else 0)  # a third of them changes
        skills = [f"orders: {5 if turn % 4 else 2}"]
        skills += ["refunds: 3"] if turn % 2 else []
        skills += ["vip: 4"] if turn % 5 == 0 else []
        extension = agent.removeprefix("a")
        lines.append(
            f'  {agent}: {{name: "Agent {extension}", extension: "{extension}", '
            f"skills: {{{', '.join(skills)}}}}}"
        )
    return _CENTER.format(
        hotline=HOTLINE,
        direct=DIRECT,
        ring=RING_SECONDS + generation % 3,
        wrap_up=WRAP_UP_SECONDS + generation % 2,
        longest=LONGEST_WAIT_S,
        missed=1 + generation % 2,
        strategy=("fewest_calls", "round_robin", "occupancy", "least_skilled")[generation % 4],
        agents="\n".join(lines),
    )


class SoakCenter(LocalCenter):
    """A whole center whose manager link goes through `wire`."""

    def __init__(
        self,
        folder: Path,
        program: AsteriskProgram,
        ports: AsteriskPorts,
        agents: Sequence[str],
        trunk_address: str,
    ) -> None:
        """Writes center file and flows below `folder`."""
        self.center_file, flows = folder / "center.yaml", folder / "flows"
        flows.mkdir(parents=True, exist_ok=True)
        self.center_file.write_text(center_text(agents, 0), encoding="utf-8")
        for name, text in (("hotline", _HOTLINE), ("direct", _DIRECT)):
            (flows / f"{name}.yaml").write_text(text, encoding="utf-8")
        self.wire = Wire(ports.ami)
        super().__init__(
            folder, program, ports,
            center=self.center_file, flows=flows, prompts=cache_folder() / "prompts", log_level="info",
            trunk_address=trunk_address,
        )  # fmt: skip

    async def start(self) -> None:
        """The wire first: the controller is told its port."""
        await self.wire.start()
        await super().start()

    async def stop(self) -> None:
        """End all."""
        await super().stop()
        await self.wire.stop()

    def write_config(self) -> None:
        """As ever, but for the manager's port."""
        super().write_config()
        text = self.config_file.read_text(encoding="utf-8")
        real, wired = f"port: {self.asterisk.ports.ami}\n", f"port: {self.wire.port}\n"
        if text.count(real) != 1:
            raise RuntimeError("the manager's port does not stand once in callcenter.yaml")
        self.config_file.write_text(text.replace(real, wired), encoding="utf-8")
