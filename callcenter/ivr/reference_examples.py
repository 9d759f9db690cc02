"""An example of each node type for the reference page. A test reads each with the checker."""

from __future__ import annotations

from collections.abc import Mapping

VARIABLES = 'variables: {mobile: "", order_number: "", amount: 0, attempts: 0, status: "", order: ""}'
"""What a flow declares for the examples: there, other nodes would set most of them."""

EXAMPLES: Mapping[str, str] = {
    "say": """\
welcome:
  type: say
  say:
    zh-CN: 您好，{customer.name}，欢迎致电星河商城。
    en: Welcome to Galaxy Mall, {customer.name}.
  next: main_menu
""",
    "menu": """\
main_menu:
  type: menu
  say:
    zh-CN: 查询订单请按一，也可以直接说订单。人工服务请按零。For English, press nine.
    en: For orders, press one or say orders. For an agent, press zero.
  keys:
    "1":
      go: orders
      label: {zh-CN: 订单, en: Orders}
      words: {zh-CN: [订单, 物流], en: [orders, delivery]}
    "0": {go: agent, label: {zh-CN: 人工, en: Agent}}
    "9": {go: main_menu, language: en, label: {zh-CN: 英语, en: English}}
  on_timeout: agent
""",
    "collect": """\
card_number:
  type: collect
  say: {zh-CN: 请输入卡号，按井号键结束。, en: "Enter your card number, then press pound."}
  into: card
  label: {zh-CN: 卡号, en: Card number}
  min_digits: 12
  max_digits: 19
  check: luhn
  confirm: true
  secret: true
  next: paid
  on_failed: agent
""",
    "ask": """\
still_needed:
  type: ask
  say: {zh-CN: 还需要人工帮助吗？, en: Do you still need an agent?}
  keys_say: {zh-CN: 需要请按一，不需要请按二。, en: "Press one for yes, two for no."}
  answers:
    help: {words: {zh-CN: [是的, 需要], en: ["yes", please]}, key: "1", go: agent}
    done: {words: {zh-CN: [不用, 不需要], en: ["no"]}, key: "2", go: good_bye}
  into: wants_help
  label: {zh-CN: 是否需要人工, en: Wants an agent}
  on_failed: agent
""",
    "record": """\
complaint:
  type: record
  say: {zh-CN: 请在提示音后说明情况。, en: Tell us what happened after the tone.}
  into: complaint
  label: {zh-CN: 投诉原因, en: Complaint}
  max_seconds: 60
  next: good_bye
""",
    "voicemail": """\
message:
  type: voicemail
  box: main
  say: {zh-CN: 请在提示音后留言。, en: Leave your message after the tone.}
  next: good_bye
""",
    "hours": """\
opening_hours:
  type: hours
  hours: office
  switch: outage
  open: main_menu
  closed: message
  emergency: outage_news
""",
    "if": """\
is_vip:
  type: if
  when: customer.level in ['vip', 'gold'] or amount > 1000
  then: vip_line
  else: main_menu
""",
    "switch": """\
which_state:
  type: switch
  value: order.status
  cases: {paid: say_paid, shipped: say_shipped}
  else: agent
""",
    "set": """\
count:
  type: set
  values: {attempts: "{attempts + 1}", greeting: "VIP {customer.name}"}
  next: main_menu
""",
    "customer": """\
who_is_it:
  type: customer
  number: "{mobile}"
  found: welcome
  not_found: agent
""",
    "http": """\
ask_shop:
  type: http
  url: "{secret:SHOP_URL}/orders/{order_number}"
  headers: {Authorization: "Bearer {secret:SHOP_TOKEN}"}
  say: {zh-CN: 正在查询，请稍候。, en: "One moment, please."}
  map: {status: "{answer.order.status}", amount: "{answer.order.amount}"}
  next: tell_status
  on_status: {"404": not_there}
  on_error: agent
""",
    "queue": """\
vip_line:
  type: queue
  queue: vip
  priority: 10
  skills: {refunds: 5}
  whisper: {zh-CN: "贵宾，{customer.name}", en: "VIP, {customer.name}"}
  max_wait_seconds: 120
  on_max_wait: call_back
  after_talk: how_was_it
""",
    "transfer": """\
branch_office:
  type: transfer
  say: {zh-CN: 正在为您转接。, en: We are putting you through.}
  number: "01065551234"
  ring_seconds: 25
  on_busy: message
  on_no_answer: message
""",
    "callback": """\
call_back:
  type: callback
  queue: orders
  say:
    zh-CN: 尽快回电请按一，明天上午九点以后请按二。
    en: As soon as possible, press one. Tomorrow after nine, press two.
  times:
    "1": {label: {zh-CN: 尽快, en: As soon as possible}}
    "2": {label: {zh-CN: 明天上午, en: Tomorrow morning}, days: 1, at: "09:00"}
  next: good_bye
  on_failed: message
""",
    "survey": """\
how_was_it:
  type: survey
  questions:
    service:
      label: {zh-CN: 服务评价, en: Service}
      say: {zh-CN: 请为我们的服务打分，一到五。, en: "Please rate our service, one to five."}
    solved:
      label: {zh-CN: 问题是否解决, en: Solved}
      keys: "12"
      say: {zh-CN: 问题解决了请按一，没有请按二。, en: "Press one if it is solved, two if not."}
  next: good_bye
""",
    "message": """\
promise:
  type: message
  via: sms
  to: "{caller.number}"
  text:
    zh-CN: 【星河商城】您有一笔{amount}元的账单。
    en: Galaxy Mall - you have a bill of {amount} CNY.
  next: good_bye
""",
    "language": """\
in_english:
  type: language
  language: en
  next: main_menu
""",
    "call": """\
order_status:
  type: call
  flow: order_status
  with: {order_number: "{mobile}"}
  into: order
  next: order_known
""",
    "return": """\
found:
  type: return
  values: {found: "yes", status: "{status}"}
""",
    "goto": """\
hotline: {type: goto, flow: hotline}
""",
    "hangup": """\
good_bye:
  type: hangup
  say: {zh-CN: 感谢您的来电，再见。, en: Thank you for calling. Good-bye.}
""",
}

TEST_EXAMPLE = """\
tests:
  - name: A gold customer at night hears where his parcel is
    at: "2026-03-03 23:10"
    customer: {name: 李娜, level: gold}
    caller: ["1", "20260301889#", "1", say 是的, hangup]
    outcomes:
      ask_shop: {status: 200, json: {order: {status: shipped}}}
    expect:
      path: [main_menu, ask_shop, tell_status]
      says: [已经发货]
      values: {status: shipped}
"""

FUNCTIONS: Mapping[str, str] = {
    "len": "`len(x)`: how many characters or entries",
    "int": "`int(x)`: the whole number a text writes",
    "float": "`float(x)`: the number a text writes",
    "str": "`str(x)`: as a text; nothing becomes an empty text",
    "round": "`round(x, digits)`: rounded; `digits` may be left out",
    "abs": "`abs(x)`: without its sign",
    "min": "`min(a, b, …)`: the smallest",
    "max": "`max(a, b, …)`: the largest",
    "lower": "`lower(x)`: in small letters",
    "upper": "`upper(x)`: in capital letters",
    "starts_with": "`starts_with(x, '138')`: whether it begins so",
    "ends_with": "`ends_with(x, '00')`: whether it ends so",
    "last": "`last(x, 4)`: the last four characters",
    "luhn": "`luhn(x)`: whether the check digit of a card number is right",
}

FORMATS: Mapping[str, tuple[str, str, str]] = {
    "text": ("as it is; nothing is said for nothing", "李娜", "Li Na"),
    "digits": ("sign by sign", "12580", "12580"),
    "number": ("as one number", "1250", "1250"),
    "ordinal": ("which one", "3", "3"),
    "money": ("an amount, in yuan unless a currency follows: `{x|money USD}`", "12.5", "12.5"),
    "date": ("a day", "2026-03-05", "2026-03-05"),
    "time": ("a time of day", "14:05", "14:05"),
    "datetime": ("both", "2026-03-05 14:05", "2026-03-05 14:05"),
    "phone": ("a telephone number, in groups", "13812345678", "13812345678"),
}
"""Of each format: what it does, and a value that is read out as an example in Chinese and English."""
