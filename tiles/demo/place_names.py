"""Words for the names of places: endings after a street's stem, and whole names that stand once."""

from tiles.demo.naming import pinyin, words

ENDINGS: dict[str, tuple[tuple[str, str], ...]] = {
    "school": (("小学", "Primary School"), ("中学", "Middle School"), ("实验小学", "Experimental Primary School"),
               ("第二小学", "No. 2 Primary School"), ("实验中学", "Experimental Middle School")),
    "kindergarten": (("幼儿园", "Kindergarten"), ("中心幼儿园", "Central Kindergarten"),
        ("第二幼儿园", "No. 2 Kindergarten")),
    "hospital": (("医院", "Hospital"), ("骨科医院", "Orthopaedic Hospital"), ("眼科医院", "Eye Hospital")),
    "clinic": (("社区卫生服务中心", "Community Health Centre"), ("门诊部", "Clinic"), ("口腔诊所", "Dental Clinic"),
               ("中医馆", "Chinese Medicine Clinic")),
    "market": (("农贸市场", "Wet Market"), ("菜市场", "Food Market"), ("建材市场", "Building Materials Market"),
               ("综合市场", "General Market")),
    "mall": (("购物广场", "Shopping Plaza"), ("百货", "Department Store"), ("时代广场", "Times Plaza")),
    "park": (("公园", "Park"), ("街心公园", "Pocket Park"), ("游园", "Garden")),
    "government": (("政务服务中心", "Government Service Centre"), ("税务所", "Tax Office"),
                   ("市场监督管理所", "Market Supervision Office")),
    "police": (("派出所", "Police Station"), ("交警中队", "Traffic Police Squad")),
    "fire": (("消防救援站", "Fire Station"),),
    "temple": (("寺", "Temple"), ("庵", "Nunnery")),
    "office": (("大厦", "Tower"), ("商务中心", "Business Centre"), ("写字楼", "Office Building"),
               ("科技大厦", "Science Tower")),
    "cbd": (("国际中心", "International Centre"), ("金融大厦", "Financial Tower"), ("环球中心", "Global Centre")),
    "techpark": (("产业园", "Industry Park"), ("科技园", "Science Park"), ("创业园", "Start-up Park")),
    "industrial": (("机械厂", "Machine Works"), ("电子厂", "Electronics Factory"), ("食品厂", "Food Factory"),
                   ("建材厂", "Building Materials Plant"), ("包装厂", "Packaging Plant")),
    "warehouse": (("物流仓库", "Logistics Depot"), ("货运站", "Freight Depot"), ("仓储中心", "Storage Centre")),
    "bank": (("支行", "Branch"),),
    "hotel": (("宾馆", "Hotel"), ("酒店", "Hotel"), ("快捷酒店", "Express Hotel"), ("招待所", "Guest House")),
    "supermarket": (("超市", "Supermarket"), ("生鲜超市", "Fresh Food Supermarket"),
                    ("便民超市", "Convenience Supermarket")),
    "pharmacy": (("大药房", "Pharmacy"), ("药店", "Drugstore")),
    "fuel": (("加油站", "Petrol Station"), ("充电站", "Charging Station")),
    "toilets": (("公共厕所", "Public Toilet"),),
    "parking": (("停车场", "Car Park"), ("地下停车场", "Underground Car Park")),
    "post": (("邮政支局", "Post Office"),),
    "community": (("社区居委会", "Residents' Committee"), ("社区服务中心", "Community Service Centre")),
    "squad": (("城管中队", "City Management Squad"),),
    "station": (("垃圾中转站", "Waste Transfer Station"),),
    "library": (("自助图书馆", "Self-service Library"),),
}  # fmt: skip

BANKS = (
    ("联动银行", "Liandong Bank"),
    ("澄江商业银行", "Chengjiang Commercial Bank"),
    ("联澄农商银行", "Liancheng Rural Bank"),
)

_HOUSING_STEMS = words("housing_stems")
_UNITS = words("works")
_ESTATE_STEMS = words("estate_stems")
_ESTATE_ENDINGS = (("花园", "Garden"), ("家园", "Home"), ("华庭", "Court"), ("名邸", "Mansion"), ("公馆", "Residence"),
                   ("嘉苑", "Estate"), ("新城", "New Town"), ("一品", "Premier"), ("府", "Manor"))  # fmt: skip
_EATING = words("eating")
_EATING_ENDINGS = (("饭店", "Restaurant"), ("酒家", "Restaurant"), ("粉店", "Noodle Shop"), ("小吃店", "Snack Bar"))

_COLLEGES = words("colleges")

POOLS: dict[str, list[tuple[str, str]]] = {
    "housing": [
        *((f"{unit}{tail}", f"{pinyin(unit)} {english}")
          for unit in _UNITS for tail, english in (("宿舍", "Dormitory"), ("家属院", "Family Compound"))),
        *((f"{stem}{tail}", f"{pinyin(stem)} {english}")
          for stem in _HOUSING_STEMS for tail, english in (("新村", "New Village"), ("小区", "Residential Quarter"),
                                                           ("坊", "Quarter"), ("东村", "East Village"),
                                                               ("西村", "West Village"),
                                                           ("三村", "Village No. 3"), ("公寓", "Apartments"))),
    ],
    "estate": [
        (f"{stem}{tail}", f"{pinyin(stem)} {english}")
        for stem in _ESTATE_STEMS for tail, english in _ESTATE_ENDINGS if stem[-1] != tail[0]
    ],
    "university": [(f"联动{college}", f"Liandong {pinyin(college)}") for college in _COLLEGES],
    "villas": [
        (f"{stem}{tail}", f"{pinyin(stem)} {english}")
        for stem in ("云麓", "南屏", "碧湖", "枫丹", "橡树湾", "桃源", "山语", "湖畔", "兰亭", "西山")
        for tail, english in (("别墅", "Villas"), ("山庄", "Hill Villas"))
    ],
    "restaurant": [
        (f"{stem}{tail}" if stem[-1] not in "店馆铺庄坊村楼居阁轩" else stem, f"{pinyin(stem)} {english}")
        for stem in _EATING for tail, english in _EATING_ENDINGS
    ],
}  # fmt: skip
