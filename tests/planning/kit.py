"""A small day, and ways to change it."""

from __future__ import annotations

from pathlib import Path

from callcenter.planning.check import parse_scenario
from callcenter.planning.plan import Plan, plan_of

ROOT = Path(__file__).parents[2]

DAY = """\
version: 1
name: {zh-CN: 一天, en: A day}
date: "2026-11-30"
time_zone: Asia/Shanghai
open: "09:00-12:00"
days: 2
queues:
  orders:
    skills: {orders: 3}
    service_level: {seconds: 20, target: 0.8}
    arrivals: {"09:00": 20, "10:30": 30}
    patience: {mean: 120}
    talk: {mean: 180}
    wrap_up: {mean: 20}
shifts:
  morning: {time: "08:45-12:00", breaks: [{between: "10:00-11:00", minutes: 15}]}
agents:
  wang: {shift: morning, skills: {orders: 5}}
  others: {count: 6, shift: morning, skills: {orders: 3}}
what_if:
  busy: {name: {zh-CN: 繁忙, en: Busy}, volume: 1.5}
"""


def planned(text: str = DAY, **replaced: str) -> Plan:
    """The plan of a scenario; in the keyword arguments, a key of the text and what stands there instead."""
    for key, value in replaced.items():
        lines = [line for line in text.splitlines() if line.strip().startswith(f"{key}:")]
        assert lines, key
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
        text = text.replace(lines[0], f"{indent}{key}: {value}" if value else "")
    checked, problems = parse_scenario(text.encode())
    assert checked is not None, [problem.render() for problem in problems]
    return plan_of(checked)
