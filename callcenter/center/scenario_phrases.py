"""What the checker of scenarios says, in English and in Chinese. `<name>` is any text, the same in both."""

from __future__ import annotations

from callcenter.center.problem_phrases import Phrases

SCENARIOS: Phrases = (
    ("the center cannot be used", "这个中心文件不能用"),
    ("mend its file first", "请先改正那个文件"),
    ("a scenario is about one day", "一个场景只涵盖一天"),
    ("'<range>' does not begin and end on a quarter hour", "'<range>' 的开始和结束必须在整刻钟上"),
    ('such as "08:30-18:00"', '例如 "08:30-18:00"'),
    ("'<key>' of this queue stands in the center", "这个队列的 '<key>' 已写在中心文件里"),
    ("remove it here, or `center`", "请删去这里的，或删去 `center`"),
    ("queue '<name>' is not one of calls", "队列 '<name>' 不是电话队列"),
    ("the patience has no 'mean'", "耐心时长缺少 'mean'（平均值）"),
    (
        "how many seconds callers wait on average, or distribution: none",
        "请写来电者平均愿意等多少秒，或写 distribution: none",
    ),
    ("how many callers come is not said", "没有写明有多少来电"),
    (
        'add `calls: 800`, or `arrivals: {"09:00": 12, "10:00": 20}`',
        '请加上 `calls: 800`，或 `arrivals: {"09:00": 12, "10:00": 20}`',
    ),
    ("<time> does not begin a quarter hour", "<time> 不是整刻钟"),
    (
        "arrivals are calls a quarter hour: 09:00, 09:15, 09:30, …",
        "来电量按每刻钟写：09:00、09:15、09:30……",
    ),
    ("nobody can call at <time>", "<time> 不在营业时间内，不会有来电"),
    ("the center is open <hours>", "营业时间是 <hours>"),
    ("nobody calls in the whole day", "全天都没有来电"),
    ("these are more than <count> calls in all", "来电总数超过了 <count>"),
    ("the break is not within the shift, <time>", "休息不在班次时间 <time> 之内"),
    ("<count> minutes do not fit between <range>", "<range> 里放不下 <count> 分钟"),
    ("there is no shift '<name>'", "没有班次 '<name>'"),
    ("'<name>' is one agent of the center", "'<name>' 是中心里的一位坐席"),
    ("a count is for agents who are not in the center", "count 只用于中心文件里没有的坐席"),
    ("there is no agent '<name>' in the center", "中心里没有坐席 '<name>'"),
    ("there are two agents '<name>'", "坐席 '<name>' 重复出现"),
    ("these are more than <count> agents", "坐席总数超过了 <count>"),
    ("there is no agent '<name>'", "没有坐席 '<name>'"),
    ("nobody is left to answer calls", "没有人接电话了"),
)
"""Said of scenarios for `callcenter simulate`."""
