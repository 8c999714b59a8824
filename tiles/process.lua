-- What of OpenStreetMap comes into which layer of the tiles, from which zoom on. Layers and attributes: docs/map.md.
-- Zooms are those of tilemaker: tiles of zoom 14 are the last, and the page enlarges them.

-- tilemaker 2 passes an object, tilemaker 3 has globals.
local object = nil
local function method(name)
  return function(...)
    if object then return object[name](object, ...) end
    return rawget(_G, name)(...)
  end
end
local find, holds, is_closed = method "Find", method "Holds", method "IsClosed"
local layer, centroid, min_zoom = method "Layer", method "LayerAsCentroid", method "MinZoom"
local text, number = method "Attribute", method "AttributeNumeric"

node_keys = { "aeroway", "amenity", "emergency", "highway", "historic", "leisure", "man_made", "office", "place",
  "railway", "shop", "tourism", "addr:housenumber" }

function init_function() end
function exit_function() end

-- Names -----------------------------------------------------------------------

local function name_of()
  local chinese = find("name:zh")
  return chinese ~= "" and chinese or find("name")
end

-- From `zoom` on: below, where no label fits, lines of different streets become one.
local function write_names(zoom)
  local name, english = name_of(), find("name:en")
  if name ~= "" then text("name", name, zoom) end
  if english ~= "" then text("name_en", english, zoom) end
end

local function says_yes(key)
  local value = find(key)
  return value ~= "" and value ~= "no"
end

-- Places ----------------------------------------------------------------------

-- kind = { rank, zoom }
local PLACES = {
  city = { 1, 6 }, town = { 2, 8 }, borough = { 3, 9 }, district = { 3, 9 }, suburb = { 3, 10 }, island = { 3, 10 },
  village = { 4, 11 }, quarter = { 4, 11 }, islet = { 5, 13 }, hamlet = { 5, 13 }, neighbourhood = { 5, 13 },
  locality = { 6, 14 }, square = { 6, 14 },
}

local function write_place(kind, as)
  local known = PLACES[kind]
  if not known or name_of() == "" then return end
  as()
  text("kind", kind)
  number("rank", known[1])
  write_names(0)
  min_zoom(known[2])
end

-- Points of interest ----------------------------------------------------------

-- value of the tag = { class, rank }. Rank 1 from zoom 12, rank 2 from 13, the others from 14; the page holds those of
-- rank 3 and more back until there is room.
local POIS = {
  amenity = {
    hospital = { "health", 1 }, police = { "emergency", 1 }, fire_station = { "emergency", 1 },
    townhall = { "government", 1 }, university = { "education", 1 }, college = { "education", 2 },
    school = { "education", 2 }, courthouse = { "government", 2 }, embassy = { "government", 2 },
    public_building = { "government", 2 }, bus_station = { "transit", 2 }, ferry_terminal = { "transit", 2 },
    library = { "culture", 2 }, theatre = { "culture", 3 }, arts_centre = { "culture", 3 }, cinema = { "culture", 3 },
    exhibition_centre = { "culture", 2 }, conference_centre = { "culture", 2 }, community_centre = { "government", 3 },
    social_facility = { "government", 3 }, clinic = { "health", 3 }, doctors = { "health", 4 },
    dentist = { "health", 5 }, pharmacy = { "health", 4 }, veterinary = { "health", 5 },
    kindergarten = { "education", 3 }, language_school = { "education", 4 }, marketplace = { "shop", 3 },
    place_of_worship = { "worship", 3 }, post_office = { "service", 3 }, fuel = { "service", 3 },
    charging_station = { "service", 5 }, parking = { "service", 4 }, toilets = { "service", 4 },
    waste_transfer_station = { "service", 3 }, recycling = { "service", 5 }, bank = { "money", 4 },
    atm = { "money", 6 }, restaurant = { "food", 4 }, fast_food = { "food", 5 }, cafe = { "food", 5 },
    bar = { "food", 5 }, pub = { "food", 5 },
    food_court = { "food", 4 }, nightclub = { "leisure", 4 }, internet_cafe = { "leisure", 5 },
  },
  emergency = { ambulance_station = { "emergency", 2 } },
  railway = { station = { "transit", 1 }, halt = { "transit", 3 }, tram_stop = { "transit", 4 },
    subway_entrance = { "transit", 5 } },
  aeroway = { aerodrome = { "transit", 1 }, terminal = { "transit", 2 } },
  highway = { bus_stop = { "transit", 5 } },
  tourism = { museum = { "culture", 2 }, attraction = { "culture", 2 }, gallery = { "culture", 3 },
    theme_park = { "leisure", 2 }, zoo = { "leisure", 2 }, hotel = { "lodging", 3 }, hostel = { "lodging", 4 },
    guest_house = { "lodging", 4 }, viewpoint = { "leisure", 4 } },
  leisure = { park = { "leisure", 2 }, stadium = { "leisure", 2 }, sports_centre = { "leisure", 3 },
    garden = { "leisure", 3 }, water_park = { "leisure", 3 }, swimming_pool = { "leisure", 5 },
    fitness_centre = { "leisure", 5 }, playground = { "leisure", 5 } },
  shop = { mall = { "shop", 2 }, department_store = { "shop", 2 }, supermarket = { "shop", 3 } },
  office = { government = { "government", 2 } },
  historic = { monument = { "culture", 3 }, memorial = { "culture", 4 }, city_gate = { "culture", 3 } },
  man_made = { wastewater_plant = { "service", 3 }, water_works = { "service", 3 } },
}
local OTHERS = { amenity = { "service", 6 }, tourism = { "leisure", 5 }, leisure = { "leisure", 6 },
  shop = { "shop", 5 }, office = { "office", 5 }, historic = { "culture", 5 } }
local KEYS = { "railway", "aeroway", "highway", "emergency", "amenity", "tourism", "leisure", "shop", "office",
  "historic", "man_made" }
-- These say enough without a name.
local NAMELESS = { bus_stop = true, toilets = true, subway_entrance = true, police = true, fire_station = true,
  hospital = true }

local function is_urban_rail()
  return find("station") == "subway" or find("station") == "light_rail" or find("subway") == "yes"
end

local function write_poi(as)
  for _, key in ipairs(KEYS) do
    local value = find(key)
    local known = value ~= "" and (POIS[key] and POIS[key][value] or OTHERS[key])
    if known and (NAMELESS[value] or name_of() ~= "") then
      local rank = known[2]
      if value == "station" and is_urban_rail() then value, rank = "subway_station", 2 end
      as()
      text("class", known[1])
      text("kind", value)
      number("rank", rank)
      write_names(0)
      if key == "railway" and find("ref") ~= "" then text("ref", find("ref")) end
      min_zoom(rank == 1 and 12 or rank == 2 and 13 or 14)
      return true
    end
  end
  return false
end

local function write_address(as)
  if not holds("addr:housenumber") then return end
  as()
  text("no", find("addr:housenumber"))
  min_zoom(14)
end

function node_function(node)
  object = node
  write_place(find("place"), function() layer("place", false) end)
  write_poi(function() layer("poi", false) end)
  write_address(function() layer("address", false) end)
end

-- Roads and rails -------------------------------------------------------------

-- highway = { class, zoom, zoom from which its name is there }
local ROADS = {
  motorway = { "motorway", 6, 10 }, trunk = { "trunk", 6, 10 }, primary = { "primary", 8, 11 },
  secondary = { "secondary", 9, 12 }, tertiary = { "tertiary", 11, 13 },
  motorway_link = { "motorway", 11, 14 }, trunk_link = { "trunk", 11, 14 }, primary_link = { "primary", 12, 14 },
  secondary_link = { "secondary", 12, 14 }, tertiary_link = { "tertiary", 13, 14 },
  unclassified = { "minor", 12, 14 }, residential = { "minor", 12, 14 }, road = { "minor", 12, 14 },
  living_street = { "minor", 13, 14 }, busway = { "service", 13, 14 }, service = { "service", 13, 14 },
  pedestrian = { "path", 13, 14 }, track = { "path", 14, 14 }, footway = { "path", 14, 14 },
  cycleway = { "path", 14, 14 }, path = { "path", 14, 14 }, steps = { "path", 14, 14 }, bridleway = { "path", 14, 14 },
}

local function write_structure(zoom)
  if says_yes("bridge") then number("bridge", 1, zoom) end
  if says_yes("tunnel") or find("covered") == "yes" then number("tunnel", 1, zoom) end
end

local function one_way()
  local value = find("oneway")
  if value == "-1" or value == "reverse" then return -1 end
  if value == "no" then return 0 end
  if value == "yes" or value == "1" or value == "true" or find("junction") == "roundabout" then return 1 end
  return find("highway") == "motorway" and 1 or 0
end

local function write_road(kind, road)
  layer("road", false)
  text("class", road[1])
  if kind:sub(-5) == "_link" then number("link", 1) end
  write_structure(12)
  local direction = one_way()
  if direction ~= 0 then number("oneway", direction, 14) end
  local level = tonumber(find("layer"))
  if level and level ~= 0 then number("layer", level, 13) end
  if find("ref") ~= "" then text("ref", find("ref"), road[3]) end
  write_names(road[3])
  local is_minor_service = kind == "service" and says_yes("service")
  min_zoom(is_minor_service and 14 or road[2])
end

local RAILS = { rail = { "rail", 9 }, narrow_gauge = { "rail", 11 }, subway = { "subway", 11 },
  light_rail = { "subway", 11 }, monorail = { "subway", 11 }, tram = { "tram", 13 } }

local function write_rail(rail)
  layer("rail", false)
  text("kind", rail[1])
  write_structure(12)
  write_names(13)
  min_zoom(says_yes("service") and 13 or rail[2])
end

-- Areas -----------------------------------------------------------------------

local WATER_AREAS = { riverbank = "river", dock = "dock" }
local WATER_LINES = { river = 8, canal = 10, stream = 13, ditch = 14, drain = 14 }

local function water_kind()
  local natural, land, way = find("natural"), find("landuse"), find("waterway")
  if natural == "water" then return find("water") ~= "" and find("water") or "lake" end
  if natural == "bay" or natural == "strait" then return nil end
  if land == "reservoir" or land == "basin" then return "reservoir" end
  if find("leisure") == "swimming_pool" then return "pool" end
  return WATER_AREAS[way]
end

-- key = { value = { kind, zoom } }
local LAND = {
  amenity = { school = { "school", 12 }, university = { "school", 11 }, college = { "school", 12 },
    kindergarten = { "school", 13 }, hospital = { "hospital", 12 }, clinic = { "hospital", 13 },
    grave_yard = { "cemetery", 13 }, parking = { "parking", 14 }, marketplace = { "commercial", 13 } },
  leisure = { park = { "green", 10 }, garden = { "green", 12 }, golf_course = { "green", 11 },
    nature_reserve = { "green", 10 }, pitch = { "pitch", 13 }, track = { "pitch", 13 }, stadium = { "pitch", 12 },
    sports_centre = { "pitch", 12 },
    playground = { "green", 14 }, common = { "green", 12 } },
  landuse = { residential = { "urban", 9 }, commercial = { "commercial", 10 }, retail = { "commercial", 10 },
    industrial = { "industrial", 9 }, construction = { "construction", 12 }, brownfield = { "construction", 12 },
    cemetery = { "cemetery", 11 }, railway = { "railway", 12 }, farmland = { "farm", 9 }, farmyard = { "farm", 13 },
    orchard = { "farm", 11 }, vineyard = { "farm", 11 }, forest = { "wood", 8 }, grass = { "green", 12 },
    meadow = { "green", 11 }, village_green = { "green", 12 }, recreation_ground = { "green", 11 },
    military = { "military", 11 }, education = { "school", 12 }, landfill = { "industrial", 11 },
    religious = { "urban", 12 } },
  natural = { wood = { "wood", 8 }, scrub = { "green", 11 }, grassland = { "green", 11 }, heath = { "green", 11 },
    wetland = { "wetland", 10 }, beach = { "sand", 11 }, sand = { "sand", 11 }, bare_rock = { "rock", 11 },
    scree = { "rock", 11 }, glacier = { "ice", 9 } },
  place = { square = { "square", 13 } },
  tourism = { zoo = { "green", 11 }, theme_park = { "green", 11 } },
}
local LAND_KEYS = { "amenity", "leisure", "place", "tourism", "landuse", "natural" }

local function write_land()
  for _, key in ipairs(LAND_KEYS) do
    local known = LAND[key][find(key)]
    if known then
      local kind = known[1]
      local is_old = find("residential") == "old_town" or find("residential") == "oldtown" or holds("historic")
      if kind == "urban" and is_old then kind = "oldtown" end
      layer("landuse", true)
      text("kind", kind)
      min_zoom(known[2])
      return kind
    end
  end
end

local function write_building()
  layer("building", true)
  local levels = tonumber(find("building:levels")) or 0
  local height = tonumber((find("height"):gsub("%s*m$", ""))) or (levels > 0 and levels * 3 or 6)
  number("height", math.floor(height + 0.5), 14)
  write_names(14)
end

local function write_area()
  local at_centre = function(name) return function() centroid(name) end end
  local place = find("place")
  if place == "island" or place == "islet" or find("liandong:land") == "yes" then layer("land", true) end
  write_place(place, at_centre("place"))
  local water = water_kind()
  local use
  if says_yes("building") then
    write_building()
  elseif water then
    layer("water", true)
    text("kind", water)
    write_names(11)
  elseif find("highway") == "pedestrian" or find("area:highway") ~= "" then
    layer("landuse", true)
    text("kind", "square")
    min_zoom(13)
  else
    use = write_land()
  end
  if (use == "urban" or use == "oldtown") and place == "" and name_of() ~= "" then
    centroid("place") -- a named estate: people say where they are by it
    text("kind", "neighbourhood")
    number("rank", 6)
    write_names(0)
    min_zoom(14)
  end
  write_poi(at_centre("poi"))
  write_address(at_centre("address"))
end

function way_function(way)
  object = way
  local highway, waterway = find("highway"), find("waterway")
  local road, rail = ROADS[highway], RAILS[find("railway")]
  local is_area = is_closed() and (find("area") == "yes" or find("type") == "multipolygon")
  if road and not is_area then
    write_road(highway, road)
  elseif rail and not is_area then
    write_rail(rail)
  elseif WATER_LINES[waterway] and not is_area then
    layer("water", false)
    text("kind", waterway)
    write_structure(12)
    write_names(11)
    min_zoom(WATER_LINES[waterway])
  elseif is_closed() then
    write_area()
  end
end
