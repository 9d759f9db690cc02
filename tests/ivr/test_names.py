"""Names in conditions and texts: an unknown one is found by the checker, at its place, not by a caller."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.center.problems import Problem
from callcenter.ivr.check import parse_flow

GOOD = """\
version: 1
name: {zh-CN: 热线, en: Hotline}
language: zh-CN
start: order
variables: {tries: 0}
nodes:
  order:
    type: collect
    say: {zh-CN: "您好{customer.name}，请输入订单号"}
    into: number
    next: shop
  shop:
    type: http
    method: POST
    url: "https://shop.example/{number}"
    headers: {Authorization: "Bearer {secret:SHOP_TOKEN}"}
    query: {at: "{time.clock}"}
    body: {who: {number: "{caller.number}", list: ["{tries + 1}"]}}
    into: order_data
    map: {state: "{answer.order.state}"}
    next: paid
  paid: {type: if, when: state == 'paid' and len(number) > 5, then: tell, else: look}
  look: {type: switch, value: lower(state), cases: {lost: agent}, else: again}
  tell:
    type: say
    say: {zh-CN: "订单{number|digits}，{order_data.total|money}"}
    next: agent
  again: {type: set, values: {tries: "{tries + 1}"}, next: sub}
  sub: {type: call, flow: hotline, with: {anything: "{tries}"}, into: got, next: told}
  told: {type: if, when: got.found == 'yes', then: agent, else: agent}
  agent: {type: queue, queue: orders, whisper: {zh-CN: "订单{last(number, 4)|digits}"}, on_max_wait: out}
  out: {type: transfer, number: "{caller.number}"}
"""


def problems_of(text: str, secrets: set[str] | None = None) -> list[Problem]:
    return parse_flow(text.encode(), Path("hotline.yaml"), None, secrets)[1]


def test_every_name_of_a_good_flow_is_known() -> None:
    found = problems_of(GOOD, {"SHOP_TOKEN"})
    assert [p.render() for p in found if p.severity == "error"] == []


@pytest.mark.parametrize(
    ("instead_of", "written", "line", "marked", "message", "hint"),
    [
        ("state == 'paid'", "stat == 'paid'", 22, "stat ==", "there is no 'stat' in this flow", "'state'"),
        ("len(number)", "size(number)", 22, "size(", "there is no function 'size'", ""),
        ("state == 'paid'", "state = 'paid'", 22, "= 'paid'", "to compare, write ==", ""),
        ("state ==", "state != '已付' and customer.lvl ==", 22, "customer.lvl", "has no 'lvl'", "'level'"),
        ("lower(state)", "lower(caller)", 23, "caller)", "'caller' alone is no value", "caller.name"),
        ("{customer.name}", "{custmer.name}", 9, "custmer", "there is no 'custmer'", "mean 'customer'"),
        ("{customer.name}", "{customer.nam}", 9, "customer.nam", "'customer' has no 'nam'", "mean 'name'"),
        ("total|money", "total|mony", 26, "order_data", "cannot be said as 'mony'", ""),
        ("{number|digits}", "{number|digits", 26, "{number", "a '{' alone", ""),
        ("{last(number, 4)|digits}", "{lst(number, 4)}", 31, "lst(", "there is no function 'lst'", ""),
        ("example/{number}", "example/{numbr}", 15, "numbr", "there is no 'numbr'", "mean 'number'"),
        ("{time.clock}", "{time.oclock}", 17, "time.oclock", "'time' has no 'oclock'", "mean 'clock'"),
        ("{tries + 1}\"]", "{tris + 1}\"]", 18, "tris", "there is no 'tris'", "mean 'tries'"),
        ("caller.number}\", l", "caller.numbr}\", l", 18, "caller.numbr", "'caller' has no 'numbr'", ""),
        ("{answer.order.state}", "{order.state}", 20, "order.state", "there is no 'order'", ""),
        ("\"{time.clock}\"", "\"{answer.x}\"", 17, "answer.x", "there is no 'answer'", ""),
        ("tries: \"{tries + 1}\"", "tries: \"{trys + 1}\"", 28, "trys", "there is no 'trys'", "'tries'"),
        ("anything: \"{tries}\"", "anything: \"{anything}\"", 29, "anything}", "no 'anything'", ""),
        ("got.found", "gto.found", 30, "gto", "there is no 'gto'", "mean 'got'"),
        ("secret:SHOP_TOKEN", "secret:SHOP", 16, "{secret:SHOP}", "no secret 'SHOP'", "add it to `secrets`"),
        ("{customer.name}", "{secret:SHOP_TOKEN}", 9, "{secret", "a secret cannot stand here", ""),
        ("example/{number}", "example/{secret:NOBODY}", 15, "{secret:NOBODY", "no secret 'NOBODY'", ""),
        ("number: \"{caller.number}\"}\n", "number: \"{secret:SHOP_TOKEN}\"}\n", 32, "{secret",
         "a secret cannot stand here", ""),
    ],
)  # fmt: skip
def test_a_slip_is_shown_at_its_very_place(
    instead_of: str, written: str, line: int, marked: str, message: str, hint: str
) -> None:
    assert instead_of in GOOD
    text = GOOD.replace(instead_of, written, 1)
    found = [p for p in problems_of(text, {"SHOP_TOKEN"}) if p.severity == "error"]
    [problem] = found
    assert message in problem.message and hint in problem.hint, problem.render()
    assert problem.line == line, problem.render()
    assert text.splitlines()[line - 1][problem.column - 1 :].startswith(marked), problem.render()


def test_a_text_with_braces_that_lacks_its_quotes_is_told_so() -> None:
    [problem] = problems_of(GOOD.replace('"您好{customer.name}，请输入订单号"', "您好{customer.name}"))
    assert (problem.line, problem.hint) == (9, "put a text with braces in quotes")


def test_all_slips_come_at_once() -> None:
    text = GOOD.replace("customer.name", "customer.nam").replace("got.found", "gto.found")
    assert len(problems_of(text.replace("len(number)", "size(number)"))) == 3


def test_without_the_settings_secrets_are_not_checked() -> None:
    assert problems_of(GOOD.replace("SHOP_TOKEN", "ANYTHING")) == problems_of(GOOD)


def test_an_expression_over_several_lines_is_shown_where_it_begins() -> None:
    text = GOOD.replace(
        "when: state == 'paid' and len(number) > 5,", "when: state == 'paid'\n    and nobody > 5,"
    )
    [problem] = [p for p in problems_of(text) if p.severity == "error"]
    assert "no 'nobody'" in problem.message
    assert problem.line == 22
