# ruff: noqa: SIM905, E501 (lists of words are read more easily as texts)
"""What the models know, and what they learn to leave alone."""

from __future__ import annotations

DIGITS = {
    "en": "zero one two three four five six seven eight nine oh".split(),
    "zh-CN": list("零一二三四五六七八九幺两"),
}
ANSWERS = {
    "en": "yes no yeah yep nope right correct wrong okay sure".split(),
    "zh-CN": "是 不是 对 不对 好 不好 要 不要 是的 好的 对的 不 没有 可以 不可以 确认".split(),
}
MENU = {
    "en": (
        "order orders delivery shipping refund refunds return returns exchange complaint invoice billing bill "
        "agent operator representative person human help repeat again back main menu member membership payment "
        "pay cancel account message sales support service tracking track status product warranty english chinese "
        "mandarin next previous stop continue start callback voicemail hours address technical other change new "
        "confirm today tomorrow password business balance appointment information question problem please number "
        "customer manager"
    ).split(),
    "zh-CN": (
        "订单 物流 退款 退货 换货 投诉 发票 人工 客服 帮助 重复 返回 主菜单 菜单 会员 支付 付款 取消 账户 账号 留言 查询 商务 "
        "快递 配送 售后 售前 销售 技术 支持 服务 质量 地址 修改 下一个 上一个 继续 停止 结束 开始 英语 英文 中文 普通话 转人工 "
        "回电 预约 营业时间 优惠 活动 密码 余额 其他 今天 明天 再听一遍 问题 电话 合作 经理 保修 维修 产品 我要 我想"
    ).split(),
}


def vocabulary(language: str) -> list[str]:
    """All words of a language's model, in the order of their numbers."""
    return list(dict.fromkeys(DIGITS[language] + ANSWERS[language] + MENU[language]))


# -- voices ------------------------------------------------------------------------------------------------

BASES = {
    "en": ["en-us", "en-us", "en-us", "en", "en", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd",
           "en-gb-scotland", "en-us-nyc", "en-029"],
    "zh-CN": ["cmn-latn-pinyin"],
}  # fmt: skip
FOREIGN = {
    "en": ["de", "es", "fr", "it", "pl", "hi", "pt-br", "nl"],
    "zh-CN": ["yue", "vi", "ja", "en-us", "ko"],
}
"""Voices that speak what is no word at all."""

TEST_VARIANTS = ["f5", "m6", "Andrea", "Alex", "linda", "pablo"]
TEST_RATES = [140, 175, 210]
"""Never heard in training."""

VARIANTS = (
    "f1 f2 f3 f4 m1 m2 m3 m4 m5 m7 m8 f1 f2 f3 f4 m1 m2 m3 m4 m5 m7 m8 Alicia Andy Annie Denis Diogo Gene Gene2 "
    "Henrique Hugo Jacky Lee Marco Mario Michael Mike Nguyen RicishayMax RicishayMax2 RicishayMax3 Storm Tweaky adam "
    "anika announcer antonio aunty belinda benjamin boris caleb croak david ed edward edward2 grandma grandpa "
    "gustave iven iven2 iven3 iven4 john kaukovalta klatt klatt2 klatt3 klatt4 klatt5 klatt6 marcelo max michel "
    "miguel norbert paul pedro quincy rob robert sandro shelby steph steph2 steph3 travis victor whisper zac"
).split()

# -- what is no choice -------------------------------------------------------------------------------------

CARRIERS = {
    "en": (
        "i want {}|i want a {}|i want to {}|{} thanks|i would like {}|i'd like a {}|can i have {}|can i {}|the {}|"
        "my {}|a {}|um {}|uh {}|well {}|{} thank you|give me {}|it's about my {}|i need {}|i need the {}|let me {}|"
        "i said {}|hello {}|hi {}|do the {}|{} then|maybe {}|it is {}|that's {}|and {}|for {}|where is my {}|"
        "i have a {}|{} now|just {}|{} i think"
    ).split("|"),
    "zh-CN": (
        "请帮我{}|我需要{}|{}谢谢|那个{}|嗯{}|呃{}|你好{}|帮我{}|想问一下{}|我来{}|{}吧|{}啊|给我{}|麻烦{}|就是{}|选{}|关于{}|"
        "有没有{}|我的{}|{}怎么办|先{}|去{}|办理{}|{}呢|能{}吗|怎么{}|找{}|说{}|{}行吗"
    ).split("|"),
}

OTHERS = {
    "en": (
        "the of and to in is that it was for on are with as they be at this have from or had by hot but some what "
        "there we can out all your when up use how said an each she which do their time if will way about many then "
        "them would like him into has look more see could come did my sound most over know water than call first who "
        "may down side been find work part take get place made live where after little only round man year came show "
        "every good me give our under name very through just form much great think say low line before turn cause same "
        "mean differ move boy old too does tell sentence set want air well also play small end put home read hand large "
        "spell add land here must big high such follow act why ask men went light kind off need house picture try us "
        "animal point mother world near build self earth father head stand own page should country found answer school "
        "grow study still learn plant cover food sun let keep eye never last door between city tree cross farm hard "
        "might story saw far sea draw left late run while press close night real life few north book carry took science "
        "eat room friend began idea fish mountain cut horse watch color face wood above girl usual young ready ever red "
        "list though feel talk bird soon body dog family direct pose leave song measure state black short wind "
        "complete ship area half rock fire south piece told knew pass farmer top whole king size heard best hour better "
        "true hundred remember step early hold west ground interest reach fast listen table travel less morning ten "
        "simple toward war lay against pattern slow center love money serve appear road map rain rule govern pull cold "
        "notice voice unit power town fine certain fly fall lead cry dark machine note wait plan figure star box noun "
        "field rest able pound done beauty drive stood contain front teach week final gave green quick develop ocean "
        "warm free minute strong special mind behind clear tail produce fact street inch nothing course stay wheel full "
        "force blue object decide surface deep moon island foot system busy test record boat common gold possible plane "
        "dry wonder laugh thousand ago ran check game shape hot miss brought heat snow tire bring distant fill east "
        "paint language among border defend refuse rewind recall turner mention prevent pavement moment parent gentle "
        "decent recent patent urgent tent went lent seven's heaven even oven fix sticks mix tricks fine wine sign nigh "
        "fort ford fore for too tool tune shoe free tree throw great wait ate hate gate late sun won run bun own know "
        "go show yet yesterday jest guess knowing note rope hope cope soap cellar seller sail sale's court sports "
        "resort export import report deport deliver river shiver liver canceled pencil candle council amount discount "
        "announce massage passage dressage sausage staters stature statue virtue nest text vexed stock step chop shop "
        "art heart party plumber lumber summer hummer hungry angry damage garage marriage carriage luggage baggage"
    ).split(),
    "zh-CN": (
        "我 你 他 我们 你们 这个 那个 什么 怎么 为什么 多少 时候 时间 地方 东西 事情 朋友 家里 公司 老师 学生 学校 医院 银行 超市 商店 "
        "手机 电脑 电视 衣服 鞋子 帽子 裤子 苹果 香蕉 西瓜 牛奶 面包 米饭 面条 饺子 早饭 午饭 晚饭 早上 中午 下午 晚上 昨天 后天 星期 "
        "月亮 太阳 下雨 下雪 天气 冷 热 高兴 难过 生气 漂亮 便宜 贵 大 小 多 少 远 近 快 慢 新 旧 上海 北京 广州 深圳 成都 杭州 "
        "谢谢 对不起 没关系 再见 你好 请问 知道 不知道 听不清 听不懂 等一下 稍等 喂 你说什么 干什么 算了 随便 都行 看看 想想 可能 也许 "
        "应该 已经 还没 刚才 现在 马上 以后 以前 颜色 尺码 红色 蓝色 黑色 白色 号码 名字 姓名 身份证 老板 领导 同事 孩子 爸爸 妈妈 "
        "飞机 火车 汽车 地铁 公交 自行车 走路 跑步 游泳 唱歌 跳舞 睡觉 起床 吃饭 喝水 上班 下班 回家 开会 开车 看书 写字 打印 "
        "退休 退步 推荐 订阅 定期 单位 物理 流行 流水 货物 火锅 坏货 头晕 投票 发现 发烧 飘 支票 人民 人工智能 公园 课程 科学 服装 "
        "帮忙 住房 重要 从来 反复 反对 回来 汇款 会议 元旦 知识 只是 付出 曲线 消息 消费 账单 证明 流言 留学 差别 茶叶 询问 商量 上午 "
        "快乐 速度 配合 送礼 首先 手套 后来 小时 销毁 基础 艺术 质疑 只有 起来 系统 听课 挺好 解释 介绍 开关 鹰 应用 终于 通话 电影 约会 "
        "有时 惠州 活泼 秘书 迷路 鱼 余地 七天 期待 明年 名单 文体 提醒 典型 店铺 鹤 经济 金利 抱歉 保险 唯一 产量 十 十一 百 千 万 "
        "是否 事故 适合 市场 对面 对象 队伍 号召 好像 爱好 要求 药店 腰 不行 不同 不过 步行 部分 没用 眉毛 可惜 克服 缺人 确实"
    ).split(),
}
"""Everyday words that are no choice, many of them near one."""

_ONSETS = "b c ch d f g h j k l m n p qu r s sh t th v w y z bl br cl cr dr fl fr gl gr pl pr sc sk sl sm sn sp st str sw tr tw".split()
_NUCLEI = "a e i o u a e i o u ai ay ea ee ie oa oo ou ow oi er ar or".split()
_CODAS = ["", "", "", "", *"b d g ck l m n p r s t x z ch sh th ng nd nt st sk mp ft rd rn ll ss".split()]
SYLLABLE_PARTS = (_ONSETS, _NUCLEI, _CODAS)

SAME_SOUND = {"要": "幺"}
"""Words told apart by their tone alone, which the features do not hold: they share their states."""
