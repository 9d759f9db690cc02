"""What customers of the demo's web shop call about, and what agents write down. Data, and a way to choose."""

# ruff: noqa: E501 - one contact a line reads best, and Chinese characters count as two

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of a story: days after the story's first one, queue, keys pressed, outcome and note."""

    day: int
    queue: str
    keys: str
    disposition: str  # '' for calls nobody answered
    note: str
    outcome: str = "answered"


Story = tuple[Contact, ...]

STORIES_ZH: tuple[Story, ...] = (
    (
        Contact(0, "orders", "1>1", "follow_up", "订单 {order} 的{item}物流五天未更新，已催{courier}。"),
        Contact(2, "orders", "1>1", "solved", "{courier}回复快件滞留{city}中转站，今天派送，客户接受。"),
    ),
    (
        Contact(0, "refunds", "2>2", "follow_up", "{item}收到时外壳有裂痕，已指导拍照上传，等待质检。"),
        Contact(1, "refunds", "2>1", "follow_up", "客户来问质检进度，告知 24 小时内答复。"),
        Contact(3, "refunds", "2>1", "refund_made", "质检确认运输破损，全额退款 {amount} 元，原路返回。"),
    ),
    (
        Contact(0, "orders", "1>2", "solved", "下单填错收货地址，未出库，已改为{city}新地址。"),
    ),
    (
        Contact(0, "orders", "1>1", "", "", "abandoned"),
        Contact(0, "orders", "1>1", "solved", "客户等候太久挂断后再次来电，{item}已由驿站代收，告知取件码。"),
    ),
    (
        Contact(0, "refunds", "2>2", "refund_refused", "{item}已超七天且已使用，解释规则，客户不满。"),
        Contact(1, "refunds", "2>2", "complaint", "客户投诉退货被拒，情绪激动，已登记并转主管回电。"),
        Contact(4, "refunds", "2>1", "solved", "主管同意赠送 50 元优惠券，客户同意结案。"),
    ),
    (
        Contact(0, "orders", "1>2", "solved", "取消重复下单的{item}，订单 {order} 已关闭，款项 1 至 3 天退回。"),
        Contact(5, "refunds", "2>1", "solved", "确认退款 {amount} 元已于昨日到账，银行短信延迟。"),
    ),
    (
        Contact(0, "vip", "3", "solved", "贵宾客户咨询企业采购{item} 30 台，已转大客户经理并发报价。"),
        Contact(9, "vip", "3", "follow_up", "要求开增值税专票，税号已登记，三个工作日内寄出。"),
        Contact(13, "vip", "3", "solved", "确认专票已收到，客户满意，期待下次合作。"),
    ),
    (
        Contact(0, "orders", "0", "wrong_number", "客户要找另一家商城，已告知本热线不受理。"),
    ),
    (
        Contact(0, "refunds", "2>2", "solved", "{item}尺码不合适，安排换货，上门取件时间明天上午。"),
        Contact(6, "orders", "1>1", "solved", "查询换货进度，新件已从{city}仓发出，后天到。"),
    ),
    (
        Contact(0, "orders", "5", "", "", "voicemail"),
        Contact(1, "orders", "0", "solved", "回应昨晚留言：{item}到货提醒已开通，补货约在下周。"),
    ),
    (
        Contact(0, "orders", "1>1", "follow_up", "显示已签收但客户未收到{item}，已让{courier}核实签收人。"),
        Contact(1, "orders", "1>1", "complaint", "{courier}称放在门卫，客户否认，升级丢件处理。"),
        Contact(3, "refunds", "2>1", "refund_made", "确认丢件，赔付 {amount} 元，客户认可处理速度。"),
    ),
    (
        Contact(0, "orders", "", "", "", "ivr"),
        Contact(0, "orders", "1>2", "solved", "想把{item}的颜色由黑色改为白色，已修改，发货不受影响。"),
    ),
    (
        Contact(0, "vip", "3", "complaint", "金卡会员反映专属价未生效，差价 {amount} 元，已提交技术核查。"),
        Contact(1, "vip", "3", "refund_made", "核实为活动叠加错误，差价已退，另补 200 积分。"),
    ),
    (
        Contact(0, "refunds", "2>1", "follow_up", "退款三天未到账，银行卡号末四位有误，已请客户重新提交。"),
        Contact(2, "refunds", "2>1", "solved", "更正卡号后退款成功，客户确认收到。"),
    ),
    (
        Contact(0, "orders", "1>1", "no_contact", "接通后客户无应答，已发短信提示再次来电。"),
        Contact(0, "orders", "1>1", "solved", "上次信号不好。{item}预计明天送达，客户要求放快递柜。"),
    ),
)  # fmt: skip

STORIES_EN: tuple[Story, ...] = (
    (
        Contact(0, "orders", "9>1>1", "follow_up", "Parcel {order} stuck in customs in {city}; chasing."),
        Contact(3, "orders", "9>1>1", "solved", "Cleared customs, out for delivery today. Customer is happy."),
    ),
    (
        Contact(0, "refunds", "9>2>2", "follow_up", "{item} arrived with a dead battery; asked for a photo."),
        Contact(2, "refunds", "9>2>2", "solved", "Warranty confirmed, replacement leaves the warehouse tomorrow."),
    ),
    (
        Contact(0, "orders", "9>1>2", "solved", "Wrong postcode on order {order}; corrected before dispatch."),
    ),
    (
        Contact(0, "orders", "9>1>1", "", "", "abandoned"),
        Contact(1, "orders", "9>1>1", "complaint", "Hung up after waiting yesterday. Apologised; the {item} arrives tomorrow."),
        Contact(2, "orders", "9>1>1", "solved", "Confirmed delivery. Sent a voucher of 5 for the trouble."),
    ),
    (
        Contact(0, "refunds", "9>2>1", "refund_made", "Paid twice by mistake; {amount} returned to the card."),
    ),
    (
        Contact(0, "vip", "9>3", "solved", "VIP: wants the {item} engraved; workshop confirms Friday."),
        Contact(8, "vip", "9>3", "solved", "Engraving is perfect, orders two more as gifts."),
    ),
)  # fmt: skip

ITEMS_ZH = (
    "蓝牙耳机",
    "扫地机器人",
    "电饭煲",
    "羽绒服",
    "跑步鞋",
    "咖啡机",
    "平板电脑",
    "空气净化器",
    "儿童书包",
    "行李箱",
)
ITEMS_EN = ("headphones", "tablet", "coffee maker", "running shoes", "suitcase", "smart watch")
COURIERS_ZH = ("顺风快递", "远通速运", "百达物流")
COURIERS_EN = ("the courier", "the parcel service")
CITIES_ZH = ("上海", "广州", "杭州", "成都", "武汉", "西安")
CITIES_EN = ("Shanghai", "Hong Kong", "Rotterdam", "Singapore")

_WRAP_UPS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("orders", "zh-CN"): (
        ("solved", "已查询物流，预计明天送达。"),
        ("solved", "修改收货电话，已同步快递员。"),
        ("follow_up", "物流停滞，已催件，48 小时内回电。"),
        ("complaint", "多次延迟派送，客户不满，已登记投诉。"),
        ("solved", "协助取消订单，退款原路返回。"),
    ),
    ("refunds", "zh-CN"): (
        ("refund_made", "审核通过，退款一至三个工作日到账。"),
        ("solved", "已预约上门取件，明天 9 点至 12 点。"),
        ("follow_up", "等待质检结果，明天回复客户。"),
        ("refund_refused", "超出退货期限，已说明规则。"),
    ),
    ("vip", "zh-CN"): (
        ("solved", "已安排专属客服跟进，客户满意。"),
        ("follow_up", "需要企业报价单，今天下班前邮件发送。"),
    ),
    ("orders", "en"): (
        ("solved", "Gave the tracking number; parcel arrives tomorrow."),
        ("follow_up", "Tracking has stood still for three days; asked the courier."),
        ("solved", "Changed the delivery address before dispatch."),
    ),
    ("refunds", "en"): (
        ("refund_made", "Refund approved, three working days."),
        ("solved", "Return label sent by e-mail."),
    ),
    ("vip", "en"): (("solved", "Answered questions on the corporate order."),),
}  # fmt: skip


def wrap_up_note(queue: str, language: str, chance: random.Random) -> tuple[str, str]:
    """What an agent files after a call: (disposition, note)."""
    known = _WRAP_UPS.get((queue, language)) or _WRAP_UPS["orders", "en" if language == "en" else "zh-CN"]
    return chance.choice(known)


def told(contact: Contact, details: dict[str, str]) -> str:
    """The contact's note with the story's details in place."""
    return contact.note.format(**details)


def details(language: str, chance: random.Random) -> dict[str, str]:
    """What stays the same within one story: the order, the goods, the courier."""
    chinese = language != "en"
    return {
        "order": f"GX{chance.randrange(10_000_000, 99_999_999)}",
        "item": chance.choice(ITEMS_ZH if chinese else ITEMS_EN),
        "courier": chance.choice(COURIERS_ZH if chinese else COURIERS_EN),
        "city": chance.choice(CITIES_ZH if chinese else CITIES_EN),
        "amount": str(chance.randrange(39, 1999)),
    }
