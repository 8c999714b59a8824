/** What a found place is, in a word and a picture, and how near one wants to see it. Kinds are those of the gazetteer. */
import type { TextKey } from '@/i18n'
import type { IconName } from './icons'

export interface PlaceKind {
  words: TextKey
  icon: IconName
  zoom: number
}

const NEAR = 16.5

function kind(word: Word, icon: IconName = 'pin', zoom = NEAR): PlaceKind {
  return { words: `places.kinds.${word}`, icon, zoom }
}

type Word = TextKey extends infer Key ? (Key extends `places.kinds.${infer Last}` ? Last : never) : never

const SUBURB = kind('suburb', 'area', 14)
const SCHOOL = kind('school', 'building')

export const OTHER = kind('other')

const KINDS: Readonly<Record<string, PlaceKind>> = {
  coordinates: { words: 'places.coordinates', icon: 'target', zoom: NEAR },
  city: kind('city', 'area', 11.5),
  town: kind('town', 'area', 13),
  borough: kind('district', 'area', 12.5),
  district: kind('district', 'area', 12.5),
  squad: kind('squad', 'area', 14),
  grid: kind('grid', 'area', 16),
  suburb: SUBURB,
  quarter: SUBURB,
  neighbourhood: kind('neighbourhood', 'area', 15.5),
  village: kind('village', 'area', 15),
  hamlet: kind('village', 'area', 15),
  street: kind('street', 'street', 16),
  crossing: kind('crossing', 'crossing', 17),
  address: kind('address', 'pin', 17.5),
  station: kind('station', 'stop', 16),
  subway_station: kind('subway', 'stop'),
  bus_stop: kind('bus', 'stop', 17),
  park: kind('park', 'area', 15.5),
  hospital: kind('hospital', 'building'),
  clinic: kind('hospital', 'building'),
  school: SCHOOL,
  kindergarten: SCHOOL,
  college: SCHOOL,
  university: SCHOOL,
  police: kind('police', 'building'),
  townhall: kind('office', 'building'),
  government: kind('office', 'building'),
  shop: kind('shop'),
  water: kind('water', 'area', 14.5),
  building: kind('building', 'building', 17),
}

export function placeKind(name: string): PlaceKind {
  return KINDS[name] ?? OTHER
}
