"""The customers and users of the demo. Numbers abroad are ones set aside for stories."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoCustomer:
    """A customer as the demo knows him."""

    name: str
    number: str  # as his calls carry it
    level: str = "normal"
    language: str = "zh-CN"
    note: str = ""


CUSTOMERS: tuple[DemoCustomer, ...] = (
    DemoCustomer("陈晓燕", "13800138001", "vip", note="企业采购联系人，喜欢先看报价单再谈。"),
    DemoCustomer("王建国", "13911020302", "normal", note="听力不太好，请说慢一点。"),
    DemoCustomer("刘芳", "13701600303", "gold", note="金卡会员，生日 3 月 8 日。"),
    DemoCustomer("赵志强", "13602400404"),
    DemoCustomer("孙丽华", "13501700505", "normal", note="住六楼无电梯，大件请预约送货上楼。"),
    DemoCustomer("周杰", "13405710606"),
    DemoCustomer("吴敏", "13308030707", "vip"),
    DemoCustomer("郑海涛", "13207710808"),
    DemoCustomer("冯雪", "13107910909", "normal", note="偏好微信联系。"),
    DemoCustomer("蒋文博", "13002911010"),
    DemoCustomer("沈月", "15921011111", "gold"),
    DemoCustomer("韩磊", "15801021212"),
    DemoCustomer("杨柳", "15712031313"),
    DemoCustomer("朱国强", "15623041414", "normal", note="曾投诉快递员态度，派送请提前电话。"),
    DemoCustomer("秦岚", "15521051515"),
    DemoCustomer("许志明", "15302061616"),
    DemoCustomer("何静", "15207071717", "vip", note="微店店主，月均下单 40 笔。"),
    DemoCustomer("吕鹏", "15129081818"),
    DemoCustomer("施雨桐", "15057191919"),
    DemoCustomer("张伟", "18612202020"),
    DemoCustomer("孔德明", "18521212121"),
    DemoCustomer("曹颖", "18402222222"),
    DemoCustomer("严峻", "18301232323", "normal", note="退货率较高，按流程核验商品。"),
    DemoCustomer("华婷", "18257242424"),
    DemoCustomer("金鑫", "18123252525"),
    DemoCustomer("魏佳", "18010262626", "gold"),
    DemoCustomer("陶然", "17717272727"),
    DemoCustomer("姜涛", "17610282828"),
    DemoCustomer("戚薇", "17512292929"),
    DemoCustomer("谢安琪", "17321303030"),
    DemoCustomer("邹凯", "19910313131"),
    DemoCustomer("欧阳慧", "19802323232", "vip", note="VIP，投诉升级优先回电。"),
    DemoCustomer("Emily Carter", "+442079460018", "vip", "en", "Buys gifts for her Shanghai office."),
    DemoCustomer("James O'Neill", "+12125550134", "normal", "en"),
    DemoCustomer("Sofia Rossi", "+13105550167", "normal", "en", "Prefers calls after 16:00 China time."),
    DemoCustomer("Daniel Müller", "+442079460155", "gold", "en"),
    DemoCustomer("Priya Nair", "+14155550192", "normal", "en"),
    DemoCustomer("Lucas Martin", "+442079460107", "normal", "en", "Speaks some Chinese."),
    DemoCustomer("Hannah Lee", "+16465550111", "normal", "en"),
    DemoCustomer("Tom Becker", "+441632960044", "normal", "en"),
)


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Who may sign in beside the agents, whose names are the agents' ids."""

    name: str
    role: str
    display_name: str


USERS: tuple[DemoUser, ...] = (
    DemoUser("sam", "supervisor", "Sam 主管"),
    DemoUser("admin", "admin", "Admin"),
    DemoUser("iris", "inspector", "Iris 质检"),
    DemoUser("carl", "campaign_manager", "Carl 外呼"),
)
