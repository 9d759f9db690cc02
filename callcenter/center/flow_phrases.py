"""What the checker of flows says, in English and in Chinese: as `problem_phrases`."""

from __future__ import annotations

from callcenter.center.problem_phrases import Phrases

EXPRESSIONS: Phrases = (
    ("cannot be read as an expression", "不是正确的表达式"),
    ("cannot be read as an expression; to compare, write ==", "不是正确的表达式；比较是否相等请写 =="),
    (
        "cannot be read as an expression; write 'and' and 'or'",
        "不是正确的表达式；“并且”请写 and，“或者”请写 or",
    ),
    ("is longer than <count> characters", "超过了 <count> 个字符"),
    ("is nested too deeply", "嵌套太深"),
    ("'<what>' cannot be used here", "表达式中不能用 '<what>'"),
    ("only functions can be called", "只能调用函数"),
    ("there is no function '<name>' (there are <known>)", "没有函数 '<name>'（可用的函数：<known>）"),
    ("functions take values without names", "函数的参数直接写值，不要写参数名"),
    ("'<name>' cannot be read", "不能读取 '<name>'"),
    ("only texts and numbers can stand here", "这里只能写文字和数字"),
    ("the number is too large", "数字太大"),
    ("the text is longer than <count> characters", "文字超过了 <count> 个字符"),
    ("only numbers can be reckoned with", "只有数字才能计算"),
    ("divides by zero", "除数为零"),
    ("has no value here: <reason>", "在这里算不出值：<reason>"),
    ("there is no '<name>' here", "这里没有 '<name>'"),
    ("'<part>' cannot be taken from <kind>", "不能从<kind>中取 '<part>'"),
    ("<kind> cannot be compared with <other>", "<kind>与<other>不能比较"),
    ("a '<sign>' alone; for the sign itself write it twice", "单独的 '<sign>'；如果要念出这个符号，请写两遍"),
    ("a secret cannot stand here", "这里不能使用密钥 (secret)"),
    (
        "a value cannot be said as '<how>' (there are <known>)",
        "值没有 '<how>' 这种读法（可用的读法：<known>）",
    ),
    ("'<code>' is not a currency such as CNY", "'<code>' 不是货币代码（例如 CNY）"),
)
"""Said of an expression, which may stand before it."""

FLOWS: Phrases = (
    ("there is no node '<name>'", "没有节点 '<name>'"),
    ("'<name>' may have no value here yet", "走到这里时 '<name>' 可能还没有值"),
    (
        "give it one from the beginning: `variables: {<name>: ...}`",
        "请在开头给它一个初始值：`variables: {<name>: ...}`",
    ),
    ("there is no flow '<name>'", "没有流程 '<name>'"),
    ("there is no queue '<name>'", "没有队列 '<name>'"),
    ("there is no skill '<name>'", "没有技能 '<name>'"),
    ("there is no emergency switch '<name>'", "没有应急开关 '<name>'"),
    ("there is no mailbox '<name>'", "没有留言信箱 '<name>'"),
    ("there are no hours '<name>'", "没有营业时间 '<name>'"),
    ("there is no such folder of flows", "没有这个流程文件夹"),
    ("there is no '<name>' in this flow", "这个流程里没有变量 '<name>'"),
    ("'<name>' alone is no value", "'<name>' 后面还要写明取哪一部分"),
    ("say which part: <parts>", "请写明取哪一部分：<parts>"),
    ("'<owner>' has no '<part>'", "'<owner>' 没有 '<part>' 这一部分"),
    ("the settings have no secret '<name>'", "设置中没有密钥 '<name>'"),
    ("add it to `secrets` of callcenter.yaml", "请把它加到 callcenter.yaml 的 `secrets` 中"),
    ("a flow file cannot be called '<name>'", "流程文件不能叫 '<name>'"),
    (
        "use lower-case letters, digits, '_' and '-': numbers refer to a flow by its file's name",
        "请用小写字母、数字、'_' 和 '-'：号码是按文件名找流程的",
    ),
    (
        "a dead end: say which node follows; to end the call, lead to a node of type hangup",
        "走到这里就没有下一步了：请写明下一个节点；要结束通话，请转到 hangup 类型的节点",
    ),
    (
        "each node says what it does: type: say, menu, …",
        "每个节点都要写明做什么，例如 type: say 或 type: menu",
    ),
    ("'<name>' is not inside the folder of the flows", "'<name>' 不在流程文件夹里"),
    ("copy it there", "请把文件复制到流程文件夹里"),
    ("there is no file '<name>'", "没有文件 '<name>'"),
    ("paths begin at the flow file", "路径从流程文件所在的文件夹算起"),
    (
        "the recogniser knows no '<word>': callers cannot say '<phrase>'",
        "语音识别不认识 '<word>'：来电人说 '<phrase>' 时无法识别",
    ),
    (
        "use a word it knows, or another model (docs/speech.md)",
        "请换一个能识别的词，或换用其他模型（见 docs/speech.md）",
    ),
    ("'<name>' says nothing", "节点 '<name>' 没有播放任何内容"),
    ("add `say` or `audio`", "请加上 `say`（文字）或 `audio`（录音）"),
    ("the <type> '<name>' says nothing", "<type> 节点 '<name>' 没有播放任何内容"),
    ("add `say`: callers cannot know what is asked of them", "请加上 `say`：否则来电人不知道要做什么"),
    ("the label has no text in <language>", "label（按键名称）缺少<language>文字"),
    ("agents see labels in their own language", "坐席看到的是自己语言的按键名称"),
    (
        "callers in <language> come to '<name>', but there is no text in it",
        "使用<language>的来电人会走到节点 '<name>'，但这里没有<language>文字",
    ),
    (
        "callers in <language> come to '<name>', but there are no words in it",
        "使用<language>的来电人会走到节点 '<name>'，但这里没有<language>的可说词语",
    ),
    ("the <language> voice cannot say <signs>", "<language>语音念不出：<signs>"),
    ("no way leads to '<name>'", "没有任何路径通到节点 '<name>'"),
    ("lead a key or `next` to it, or remove it", "请让某个按键或 `next` 指向它，或删除它"),
    (
        "a caller who presses nothing goes round for ever: <way>",
        "来电人什么都不按时会一直绕圈：<way>",
    ),
    (
        "lead `on_timeout` (or `on_failed`) to a queue or a node of type hangup",
        "请让 `on_timeout`（或 `on_failed`）转到队列或 hangup 类型的节点",
    ),
    (
        "callers go round here until hours or values change: <way>",
        "在营业时间或变量改变之前，来电人会在这里绕圈：<way>",
    ),
    ("a loop without an exit or a key press: <way>", "死循环，没有出口，也不等按键：<way>"),
    (
        "lead one of them to a menu, a queue or a node of type hangup",
        "请让其中一个节点转到菜单、队列或 hangup 类型的节点",
    ),
    (
        "from '<name>' no way leads to a queue, a message or the end of the call",
        "从节点 '<name>' 出发，到不了队列、留言，也结束不了通话",
    ),
    ("give it a way out", "请给它一个出口"),
    ("'min_digits' is more than 'max_digits' (<count>)", "'min_digits' 大于 'max_digits'（<count>）"),
    ("is not a regular expression", "不是正确的正则表达式"),
    ("such as `1[3-9][0-9]{9}`", "例如 `1[3-9][0-9]{9}`"),
    ("`switch` and `emergency` belong together", "`switch`（应急开关）和 `emergency`（应急节点）要一起写"),
    ("give both, or neither", "请两个都写，或都不写"),
    ("a goto names a node (`next`) or a flow", "goto 要指向一个节点（`next`）或一个流程（`flow`）"),
    ("give one of them", "请写其中一个，且只写一个"),
    ("a GET has no body", "GET 请求不能带 body"),
    ("write `method: POST`", "请写 `method: POST`"),
    ("'answers' is missing", "缺少 'answers'（各种回答）"),
    ("an open question needs `into` and `next`", "如果是开放式提问，需要写 `into`（存入的变量）和 `next`"),
    ("each answer leads somewhere itself", "每个回答已各有去向，`next` 用不上"),
    ("remove `next`, or `answers`", "请删除 `next` 或 `answers`"),
    ("key <key> means '<name>' already", "按键 <key> 已用于 '<name>'"),
    ("'<word>' is said for '<name>' already", "词语 '<word>' 已用于 '<name>'"),
    ("the file is gone; its last version stays in force", "文件不见了；最后一个版本继续生效"),
    ("put the file back, or lead the number to another flow", "请放回文件，或让号码指向其他流程"),
)
"""Said by the checker of flows."""
