"""Who is in the sample market, and what they offer."""

from msgspec import Struct

from fairhold.domain.delivery import Delivery


class Person(Struct, frozen=True):
    """Somebody of the sample market."""

    name: str
    email: str
    does: str
    language: str
    operator: bool = False


PEOPLE = (
    Person("小林", "lin@sample.fairhold.example", "sells cards and games", "zh"),
    Person("阿瑶", "yao@sample.fairhold.example", "sells clothing and beauty", "zh"),
    Person("Marek", "marek@sample.fairhold.example", "sells phones and home things", "en"),
    Person("小刘", "liu@sample.fairhold.example", "buys", "zh"),
    Person("Nora", "nora@sample.fairhold.example", "buys", "en"),
    Person("Officer Chen", "chen@sample.fairhold.example", "decides cases", "en", operator=True),
)


class Thing(Struct, frozen=True):
    """Something on offer."""

    seller: str
    title: str
    text: str
    minor: int
    delivery: Delivery
    category: str
    drawing: str
    accent: str
    stock: int = 1


S, P, M = Delivery.SECRET, Delivery.PARCEL, Delivery.MEETING
THINGS = (
    Thing(
        "小林",
        "超市购物卡 500 元",
        "公司发的福利卡, 未刮开, 有效期两年。",
        46000,
        S,
        "cards",
        "card",
        "#2f6f6a",
        3,
    ),
    Thing(
        "小林",
        "游戏点卡 50 元",
        "自动发货前请先付款, 密码封存在保险柜里。",
        4800,
        S,
        "games",
        "card",
        "#3f5ba9",
        20,
    ),
    Thing(
        "小林",
        "Game key: Star Harbour",
        "Unused key from a bundle.",
        3900,
        S,
        "games",
        "console",
        "#c8553d",
        2,
    ),
    Thing(
        "小林", "咖啡券 2 张", "全国门店通用, 周末可用。", 3200, S, "cards", "card", "#8a5a44", 5
    ),
    Thing(
        "Marek",
        "掌上游戏机, 九成新",
        "带原装盒子和充电线, 屏幕无划痕。",
        89000,
        P,
        "games",
        "console",
        "#5b5f97",
    ),
    Thing(
        "Marek",
        "Phone, 128 GB, small scratch on the back",
        "Battery at 88 %. Box included.",
        159900,
        P,
        "phones",
        "phone",
        "#6fa8dc",
    ),
    Thing(
        "Marek",
        "Reading lamp, brass",
        "Hand-over in person near the station.",
        7500,
        M,
        "home",
        "lamp",
        "#e0a458",
    ),
    Thing(
        "阿瑶",
        "口红 999 正红, 全新未拆",
        "专柜购入, 有小票。",
        18500,
        P,
        "beauty",
        "lipstick",
        "#b5384a",
        2,
    ),
    Thing(
        "阿瑶",
        "短款夹克 M 码",
        "只穿过两次, 面交或快递均可。",
        22000,
        P,
        "clothing",
        "jacket",
        "#587b5a",
    ),
    Thing(
        "阿瑶",
        "Dream of the Red Chamber, illustrated",
        "Two volumes, clean pages.",
        6800,
        M,
        "books",
        "book",
        "#5b7db1",
    ),
)
