"""Names: which street gets which, and how a Chinese name is told in English (pinyin, with the English word for its
kind)."""

from pathlib import Path

from pypinyin import lazy_pinyin, load_phrases_dict

READINGS = {
    "重工": "zhòng gōng", "长沙": "cháng shā", "长风": "cháng fēng", "长江": "cháng jiāng", "长虹": "cháng hóng",
    "长白": "cháng bái", "长巷": "cháng xiàng", "银行": "yín háng", "支行": "zhī háng", "鱼行": "yú háng",
    "猪行": "zhū háng", "知行": "zhī xíng", "景行": "jǐng xíng", "朝阳": "cháo yáng", "朝晖": "zhāo huī",
    "朝霞": "zhāo xiá", "朝宗": "cháo zōng", "乐善": "lè shàn", "乐山": "lè shān", "乐业": "lè yè", "曲尺": "qū chǐ",
    "曾家": "zēng jiā", "重庆": "chóng qìng", "都司": "dū sī", "校场": "jiào chǎng", "石家庄": "shí jiā zhuāng",
    "百合": "bǎi hé", "六合": "liù hé", "南屏": "nán píng", "画屏": "huà píng", "单家": "shàn jiā", "大夹": "dà jiā",
    "小夹": "xiǎo jiā", "弄": "lòng", "银杏": "yín xìng", "会馆": "huì guǎn", "会展": "huì zhǎn", "大厦": "dà shà",
    "藩署": "fān shǔ", "道署": "dào shǔ", "少年宫": "shào nián gōng", "中药": "zhōng yào", "洞庭": "dòng tíng",
    "澄江": "chéng jiāng", "漕河": "cáo hé", "石榴": "shí liu", "仇家": "qiú jiā", "樱花": "yīng huā",
    "参茸": "shēn róng", "圈": "quān", "干休": "gān xiū", "泊": "bó", "把总": "bǎ zǒng", "更鼓": "gēng gǔ",
}  # fmt: skip
"""Words whose signs have more than one reading."""
load_phrases_dict({word: [[part] for part in reading.split()] for word, reading in READINGS.items()})

KINDS = (  # ending of a street's name, its English
    ("步行街", "Pedestrian Street"), ("大道", "Avenue"), ("大街", "Main Street"), ("大桥", "Bridge"),
        ("公路", "Highway"),
    ("隧道", "Tunnel"), ("环路", "Ring Road"), ("绕城高速", "Ring Expressway"), ("高速", "Expressway"),
        ("支路", "Branch Road"),
    ("东路", "East Road"), ("西路", "West Road"), ("南路", "South Road"), ("北路", "North Road"), ("路", "Road"),
    ("街", "Street"), ("巷", "Lane"), ("里", "Li"), ("弄", "Alley"), ("线", "Expressway"),
)  # fmt: skip
NUMERALS = "一二三四五六七八九"


def words(name: str) -> list[str]:
    """The words of a list in the folder `words`, in its order."""
    return (Path(__file__).with_name("words") / f"{name}.txt").read_text(encoding="utf-8").split()


def pinyin(name: str) -> str:
    """A name in pinyin without tones, one word with a capital."""
    return "".join(lazy_pinyin(name)).capitalize()


def street_in_english(name: str) -> str:
    """The English name of a street, e.g. "Renmin Road" of 人民路, "Qingshi Lane Alley 1" of 青石巷一弄."""
    if name[-1] == "弄" and name[-2] in NUMERALS:
        return f"{street_in_english(name[:-2])} Alley {NUMERALS.index(name[-2]) + 1}"
    for ending, english in KINDS:
        stem = name.removesuffix(ending)
        if stem != name and stem:
            return f"{pinyin(stem)} {english}"
    return pinyin(name)
