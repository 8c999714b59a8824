"""What everyone in the city knows by name, placed by hand: name, English, use, OSM tags, metres east and north,
whole plot."""

from typing import NamedTuple


class Landmark(NamedTuple):
    """A well-known place that takes a parcel (or the whole plot) of its own."""

    name: str
    name_en: str
    use: str
    tags: str
    """OSM tags as key=value, separated by spaces."""
    x: float
    y: float
    whole: bool = False


LANDMARKS: tuple[Landmark, ...] = (
    Landmark("联动市人民政府", "Liandong Municipal Government", "government", "amenity=townhall", 5790, 3080, True),
    Landmark("市民广场", "Citizens' Square", "square", "place=square", 5830, 2600),
    Landmark(
        "联动市城市管理局",
        "Liandong City Management Bureau",
        "government",
        "office=government government=administrative",
        5300,
        3050,
    ),
    Landmark(
        "联动市城市运行管理服务中心",
        "Liandong Urban Operation Centre",
        "government",
        "office=government government=administrative",
        6420,
        3120,
    ),
    Landmark("联动市公安局", "Liandong Public Security Bureau", "police", "amenity=police", 4950, 2480),
    Landmark("联动市博物馆", "Liandong Museum", "museum", "tourism=museum", 6500, 2080),
    Landmark("联动大剧院", "Liandong Grand Theatre", "museum", "amenity=theatre", 5480, 1620),
    Landmark("联动市图书馆", "Liandong Library", "museum", "amenity=library", 6600, 1700),
    Landmark("月湖公园", "Yuehu Park", "park", "leisure=park", 6050, 1120, True),
    Landmark(
        "联动国际会展中心",
        "Liandong International Exhibition Centre",
        "mall",
        "amenity=exhibition_centre",
        4500,
        3700,
        True,
    ),
    Landmark("奥林匹克体育中心", "Olympic Sports Centre", "stadium", "leisure=stadium", 6900, 4550, True),
    Landmark("月湖天地购物中心", "Yuehu Tiandi Mall", "mall", "shop=mall", 5420, 2050),
    Landmark("世纪城购物中心", "Century City Mall", "mall", "shop=mall", 4700, 1700),
    Landmark("联动东站", "Liandong East Railway Station", "station", "", 8130, 2750, True),
    Landmark("联动站", "Liandong Railway Station", "station", "", 380, 2080),
    Landmark("人民公园", "People's Park", "park", "leisure=park", -1500, 800, True),
    Landmark("镜湖公园", "Jinghu Park", "park", "leisure=park", -2650, 800, True),
    Landmark("南湖公园", "Nanhu Park", "park", "leisure=park", -2100, -4900, True),
    Landmark("龟山公园", "Guishan Park", "park", "leisure=park", 1350, 3500, True),
    Landmark("动物园", "Liandong Zoo", "park", "tourism=zoo", -2600, 3700, True),
    Landmark("烈士公园", "Martyrs' Park", "park", "leisure=park", 1350, 2200, True),
    Landmark("橘园公园", "Juyuan Park", "park", "leisure=park", 1300, -4900, True),
    Landmark("砚池公园", "Yanchi Park", "park", "leisure=park", -6380, -4350, True),
    Landmark("千鹤公园", "Qianhe Park", "park", "leisure=park", 9100, 3300, True),
    Landmark("菱角塘公园", "Lingjiaotang Park", "park", "leisure=park", 6150, -5800, True),
    Landmark("荷叶塘公园", "Heyetang Park", "park", "leisure=park", -6700, 450, True),
    Landmark("鼓楼", "Drum Tower", "temple", "tourism=attraction historic=building", -1120, -1250),
    Landmark("文庙", "Confucius Temple", "temple", "amenity=place_of_worship religion=confucian", -700, -1720),
    Landmark("城隍庙", "City God Temple", "temple", "amenity=place_of_worship religion=taoist", -150, -1050),
    Landmark("开福禅寺", "Kaifu Zen Temple", "temple", "amenity=place_of_worship religion=buddhist", -1600, -1150),
    Landmark("天妃宫", "Tianfei Temple", "temple", "amenity=place_of_worship religion=taoist", 150, -2750),
    Landmark(
        "老城夜市", "Old Town Night Market", "market", "amenity=marketplace opening_hours=18:00-02:00", -930, -1900
    ),
    Landmark("老城农贸市场", "Old Town Wet Market", "market", "amenity=marketplace", 560, -1900),
    Landmark("澄江书院", "Chengjiang Academy", "temple", "tourism=museum", -1500, -2300),
    Landmark("解放百货大楼", "Jiefang Department Store", "mall", "shop=department_store", -330, -1380),
    Landmark("老城商场", "Laocheng Shopping Centre", "mall", "shop=mall", -620, -1380),
    Landmark("五一广场", "Wuyi Square", "square", "place=square", -650, 400),
    Landmark("五一商城", "Wuyi Shopping City", "mall", "shop=mall", -300, 420),
    Landmark("联动市第一人民医院", "Liandong First People's Hospital", "hospital", "amenity=hospital", -950, 520),
    Landmark("联动市中医医院", "Liandong Hospital of Chinese Medicine", "hospital", "amenity=hospital", 650, 700),
    Landmark("联动市妇幼保健院", "Liandong Women and Children's Hospital", "hospital", "amenity=hospital", -1800, 2200),
    Landmark("联动市第二人民医院", "Liandong Second People's Hospital", "hospital", "amenity=hospital", -1500, -4650),
    Landmark("联动市第三人民医院", "Liandong Third People's Hospital", "hospital", "amenity=hospital", 6200, -4300),
    Landmark("联动大学附属医院", "Liandong University Hospital", "hospital", "amenity=hospital", -5350, -4300),
    Landmark("城东中心医院", "Chengdong Central Hospital", "hospital", "amenity=hospital", 7200, 3300),
    Landmark("联动大学", "Liandong University", "university", "amenity=university", -6850, -4950, True),
    Landmark("澄江师范大学", "Chengjiang Normal University", "university", "amenity=university", -7300, -4700, True),
    Landmark(
        "联动理工学院", "Liandong Institute of Technology", "university", "amenity=university", -6200, -6400, True
    ),
    Landmark("联动医学院", "Liandong Medical College", "university", "amenity=university", -5900, -3600, True),
    Landmark(
        "澄江农业大学", "Chengjiang Agricultural University", "university", "amenity=university", -7200, -6150, True
    ),
    Landmark("联动职业技术学院", "Liandong Polytechnic", "university", "amenity=college", -4800, -6300, True),
    Landmark("联动市第一中学", "Liandong No. 1 High School", "school", "amenity=school", -1500, -300),
    Landmark("澄江中学", "Chengjiang High School", "school", "amenity=school", 700, -1200),
    Landmark("联动软件园", "Liandong Software Park", "techpark", "landuse=commercial", -5700, -5300, True),
    Landmark("联动高新技术产业园", "Liandong High-tech Park", "techpark", "landuse=commercial", -4900, -5400, True),
    Landmark(
        "联动港集装箱码头",
        "Liandong Container Terminal",
        "warehouse",
        "landuse=industrial industrial=port",
        8900,
        -2250,
        True,
    ),
    Landmark(
        "联动港散货码头", "Liandong Bulk Terminal", "warehouse", "landuse=industrial industrial=port", 7900, -1700, True
    ),
    Landmark(
        "澄江造船厂", "Chengjiang Shipyard", "industrial", "landuse=industrial industrial=shipyard", 6400, -1100, True
    ),
    Landmark("联动钢铁厂", "Liandong Steelworks", "industrial", "landuse=industrial", 6300, -4350, True),
    Landmark("联动综合保税区", "Liandong Bonded Zone", "warehouse", "landuse=industrial", 7800, -4200, True),
    Landmark("联动电厂", "Liandong Power Station", "industrial", "landuse=industrial power=plant", 9000, -4200, True),
    Landmark(
        "联动污水处理厂",
        "Liandong Wastewater Plant",
        "industrial",
        "landuse=industrial man_made=wastewater_plant",
        5000,
        -2100,
    ),
    Landmark("汽车东站", "East Bus Station", "bus_station", "amenity=bus_station", 7650, 2900),
    Landmark("汽车南站", "South Bus Station", "bus_station", "amenity=bus_station", -200, -6600),
    Landmark("汽车西站", "West Bus Station", "bus_station", "amenity=bus_station", -5500, 300),
    Landmark("汽车北站", "North Bus Station", "bus_station", "amenity=bus_station", -800, 4600),
    Landmark("联动市体育馆", "Liandong Gymnasium", "stadium", "leisure=sports_centre", -2800, 2300),
    Landmark("青少年宫", "Children's Palace", "museum", "amenity=community_centre", 330, 800),
    Landmark("联动市规划展览馆", "Liandong Planning Exhibition Hall", "museum", "tourism=museum", 6800, 2550),
    Landmark("老城区人民政府", "Laocheng District Government", "government", "amenity=townhall", -1150, 1250),
    Landmark("江南区人民政府", "Jiangnan District Government", "government", "amenity=townhall", -350, -4850),
    Landmark("城东新区管理委员会", "Chengdong New District Committee", "government", "amenity=townhall", 4700, 4200),
    Landmark("临港区人民政府", "Lingang District Government", "government", "amenity=townhall", 6800, -3600),
    Landmark("老城区城市管理局", "Laocheng City Management Bureau", "government", "office=government", -1350, 1750),
    Landmark("江南区城市管理局", "Jiangnan City Management Bureau", "government", "office=government", 100, -4700),
    Landmark("城东新区城市管理局", "Chengdong City Management Bureau", "government", "office=government", 4300, 4400),
    Landmark("临港区城市管理局", "Lingang City Management Bureau", "government", "office=government", 6400, -3500),
    Landmark("江南万象城", "Jiangnan Mixc Mall", "mall", "shop=mall", -700, -4250),
    Landmark("南湖水果批发市场", "Nanhu Fruit Wholesale Market", "market", "amenity=marketplace", -2500, -5500),
    Landmark("临港物流园", "Lingang Logistics Park", "warehouse", "landuse=industrial", 8900, -5500, True),
    Landmark("澄江大酒店", "Chengjiang Grand Hotel", "office", "tourism=hotel", -900, -2850),
    Landmark("云麓山公墓", "Yunlushan Cemetery", "cemetery", "landuse=cemetery", -9500, 900, True),
)
