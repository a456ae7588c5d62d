"""What the people of the measurements say: sentences in three scripts, put together from parts."""

from random import Random

SURNAMES = "李王张陈林黄吴刘蔡杨許鄭謝洪郭邱曾廖賴徐"
GIVEN = ("小明", "美華", "雅婷", "志强", "建国", "淑芬", "俊杰", "怡君", "浩然", "家豪", "欣怡", "文博")
PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "zh_Hans": (
        ("客厅", "卧室", "厨房", "书房", "阳台", "儿童房", "浴室", "门厅", "办公室", "展厅"),
        ("的柜门装反了", "的墙漆有色差", "的地板翘起来了", "的灯具一直闪烁", "的水管接口漏水", "的尺寸与图纸不符", "的图纸迟迟没有交付", "的报价前后不一致"),
        ("，请尽快派人上门查看", "，希望重新施工", "，打电话没有人接", "，已经影响入住", "，要求书面说明", "，请告知处理进度"),
        ("。", "，合同里写得很清楚。", "，这已经是第二次了。", "，家里有老人和孩子。"),
    ),
    "zh_Hant": (
        ("客廳", "臥室", "廚房", "書房", "陽台", "兒童房", "浴室", "門廳", "辦公室", "展間"),
        ("的櫃門裝反了", "的牆漆有色差", "的地板翹起來了", "的燈具一直閃爍", "的水管接頭漏水", "的尺寸與圖面不符", "的圖面遲遲沒有交付", "的報價前後不一致"),
        ("，請儘快派人到府查看", "，希望重新施工", "，打電話沒有人接", "，已經影響入住", "，要求書面說明", "，請告知處理進度"),
        ("。", "，合約裡寫得很清楚。", "，這已經是第二次了。", "，家裡有長輩和孩子。"),
    ),
    "en": (
        ("The living room", "The bedroom", "The kitchen", "The study", "The balcony", "The bathroom", "The office", "The showroom"),
        (" cupboard doors are hung the wrong way", " paint has patches of another shade", " floor is lifting", " lamps keep flickering",
         " pipes leak at the joint", " does not have the measures of the drawing", " drawings are late", " was quoted at two prices"),
        (", please send somebody soon", ", we ask for it to be done again", ", and nobody answers the telephone", ", we cannot move in", ", please explain in writing"),
        (".", ", as the contract clearly says.", ", for the second time now.", ", and we have small children."),
    ),
}  # fmt: skip
SELDOM = {"zh_Hans": "我们要求退款。", "zh_Hant": "我們要求退款。", "en": " We want a refund."}
"""Said in one complaint of forty: what the searches of the measurements look for."""
LANGUAGES, WEIGHTS = ("zh_Hans", "zh_Hant", "en"), (55, 30, 15)


def name(rng: Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def complaint(rng: Random) -> str:
    """One of about four thousand complaints, so that their tokens are worked out once."""
    (language,) = rng.choices(LANGUAGES, WEIGHTS)
    text = "".join(rng.choice(part) for part in PARTS[language])
    return text + SELDOM[language] if rng.random() < 1 / 40 else text
