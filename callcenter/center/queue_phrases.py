"""What the checker says of queues, in English and in Chinese; see `problem_phrases.py`."""

from __future__ import annotations

from callcenter.center.problem_phrases import Phrases

QUEUES: Phrases = (
    ("says nothing", "内容为空"),
    ("is longer than <count> characters", "超过了 <count> 个字符"),
    (
        "'<word>' does not fit here; join two skills by 'and' or 'or'",
        "'<word>' 不能写在这里；两个技能之间用 and 或 or 连接",
    ),
    ("'<word>' does not fit here", "'<word>' 不能写在这里"),
    ("has parentheses nested too deeply", "括号嵌套太深"),
    ("this parenthesis is never closed", "这个括号没有闭合"),
    ("ends where a skill is expected", "这里应该有一个技能，但内容到此为止"),
    ("'<word>' stands where a skill is expected", "这里应该是一个技能，而不是 '<word>'"),
    ("a level from 0 to <limit> is expected after '<sign>'", "'<sign>' 后面应该是 0 到 <limit> 的级别"),
    ("no level is above <limit>", "没有高于 <limit> 的级别"),
    ("no level is below 0", "没有低于 0 的级别"),
    (
        "write it such as: english >= 3 and (billing or refunds)",
        "写法例如：english >= 3 and (billing or refunds)",
    ),
    ("nobody can ever meet this: its parts contradict each other", "各部分互相矛盾，没有人能满足"),
    (
        "nobody can ever serve queue '<name>': its skills contradict each other",
        "没有人能接听队列 '<name>'：它要求的技能互相矛盾",
    ),
    ("this ring adds no agent", "这一圈没有增加任何坐席"),
    ("unknown agent '<name>'", "没有坐席 '<name>'"),
    ("ranks count only with `strategy: ranked`", "只有 `strategy: ranked` 时名次才起作用"),
    ("unknown hours '<name>'", "没有营业时间 '<name>'"),
    ("there is no queue '<name>'", "没有队列 '<name>'"),
    ("there is no mailbox '<name>'", "没有留言信箱 '<name>'"),
    ("a queue cannot overflow into itself", "队列不能溢出到自己"),
    ("unknown emergency switch '<name>'", "没有应急开关 '<name>'"),
    ("never holds: the queue has no `hours`", "永远不成立：队列没有设 `hours`"),
    (
        "never reached: a rule above has the condition '<name>' already",
        "永远轮不到：上面已有一条规则用了条件 '<name>'",
    ),
    ("callers may go round for ever: <queues>", "来电者可能无限循环：<queues>"),
    ("let one of these queues overflow elsewhere", "请让其中一个队列溢出到别处"),
)
"""Said of queues and their expressions."""
