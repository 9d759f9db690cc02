"""Words of the tables and drawings, in both languages."""

from __future__ import annotations

from callcenter.center.base import Text

WORDS: dict[str, tuple[str, str]] = {
    "planned": ("As planned", "按计划"),
    "calls": ("Calls", "来电"),
    "calls_a_day": ("Calls a day", "每天来电"),
    "calls_a_quarter": ("Calls a quarter hour", "每刻钟来电"),
    "abandonment": ("Abandoned", "放弃率"),
    "timed_out": ("Longest wait over", "等待超时"),
    "overflowed": ("Overflowed", "溢出"),
    "turned_away": ("Full or closed", "队列已满或关闭"),
    "service_level": ("Service level", "服务水平"),
    "asa": ("ASA", "平均应答时间"),
    "longest": ("Longest wait", "最长等待"),
    "occupancy": ("Occupancy", "占用率"),
    "agents": ("Agents", "坐席"),
    "time": ("Time", "时间"),
    "target": ("Target", "目标"),
    "level_short": ("SL", "服务"),
    "left_short": ("Aband.", "放弃"),
    "asa_short": ("ASA", "应答"),
    "busy_short": ("Occ.", "占用"),
    "days": ("{days} days simulated, seed {seed}", "模拟 {days} 天，随机种子 {seed}"),
    "one_day": ("1 day simulated, seed {seed}", "模拟 1 天，随机种子 {seed}"),
    "sure": (
        "± is half the 95 % confidence interval of the mean day.",
        "± 为平均一天的 95% 置信区间的一半。",
    ),
    "drawn": ("Drawn: {file}", "图已画好：{file}"),
    "without": ("without {names}", "缺 {names}"),
    "ill": ("{count} ill", "{count} 人病假"),
    "volume": ("{percent} of the calls", "来电量为 {percent}"),
    "simulating": ("Simulating", "正在模拟"),
    "needed": ("Needed", "需要"),
    "formula": ("Formula", "公式"),
    "simulated": ("Simulated", "模拟"),
    "staffed": ("Planned", "已排"),
    "difference": ("+/-", "差额"),
    "scheduled": ("Schedule", "需排班"),
    "alone": (
        "Each queue by itself, with agents who serve no other: agents of several skills may do with fewer.",
        "各队列单独计算，坐席只接一个队列；多技能坐席可能所需更少。",
    ),
    "answer": (
        "{agents} agents at the phones for {calls} calls of {aht} s in {per}",
        "{per} 内 {calls} 个来电、每个 {aht} 秒：需要 {agents} 位坐席在线",
    ),
    "shrinkage": (
        "{agents} to be scheduled, with {percent} shrinkage",
        "计入 {percent} 缺勤损耗后需排 {agents} 位",
    ),
    "hours_a_day": ("Agent hours a day", "每天坐席工时"),
}


def said(word: str, chinese: bool, **holes: object) -> str:
    """A word in the language of the reader."""
    return WORDS[word][1 if chinese else 0].format(**holes)


def named(text: Text, chinese: bool) -> str:
    """A text of a center in the language of the reader; in the other if it has no such."""
    return text.get("zh-CN" if chinese else "en") or next(iter(text.values()), "")
