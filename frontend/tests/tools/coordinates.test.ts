import { describe, expect, it } from 'vitest'
import { coordinateWords } from '@/pages/wall/card'
import { readCoordinates } from '@/pages/wall/tools/coordinates'

/** The same places in every run: a failure can be seen again. */
function places(count: number): { longitude: number; latitude: number }[] {
  let seed = 42
  const next = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
  return Array.from({ length: count }, () => ({ latitude: next() * 180 - 90, longitude: next() * 360 - 180 }))
}

function sexagesimal(degrees: number): { whole: number; minutes: number; seconds: string } {
  const total = Math.round(Math.abs(degrees) * 36_000) / 10
  return { whole: Math.floor(total / 3600), minutes: Math.floor((total % 3600) / 60), seconds: (total % 60).toFixed(1) }
}

function expectPlace(text: string, latitude: number, longitude: number, digits: number): void {
  const reading = readCoordinates(text)
  if (reading?.kind !== 'place') throw new Error(`“${text}” was read as ${JSON.stringify(reading)}`)
  expect(reading.place.latitude, text).toBeCloseTo(latitude, digits)
  expect(reading.place.longitude, text).toBeCloseTo(longitude, digits)
}

describe('coordinates', () => {
  it('that the page writes are read back as they were', () => {
    for (const place of places(2000)) {
      const written = coordinateWords(place)
      const reading = readCoordinates(written)
      expect(reading?.kind === 'place' && coordinateWords(reading.place), written).toBe(written)
    }
  })

  it('in degrees, minutes and seconds are read to a tenth of a second, with letters in any order', () => {
    for (const { latitude, longitude } of places(1000)) {
      const [north, east] = [sexagesimal(latitude), sexagesimal(longitude)]
      const [ns, ew] = [latitude < 0 ? 'S' : 'N', longitude < 0 ? 'W' : 'E']
      const behind = `${north.whole}°${north.minutes}'${north.seconds}"${ns} ${east.whole}°${east.minutes}'${east.seconds}"${ew}`
      const before = `${ew} ${east.whole} ${east.minutes} ${east.seconds}, ${ns} ${north.whole} ${north.minutes} ${north.seconds}`
      for (const text of [behind, before]) expectPlace(text, latitude, longitude, 4)
    }
  })

  it.each([
    ['28.2013, 113.0987'],
    ['28.2013,113.0987'],
    ['28.2013 113.0987'],
    ['  28.2013\t113.0987 '],
    ['113.0987 28.2013'],
    ['113.0987, 28.2013'],
    ['[113.0987, 28.2013]'],
    ['(28.2013; 113.0987)'],
    ['２８．２０１３，１１３．０９８７'],
    ['28.2013、113.0987'],
    ['28。2013，113。0987'],
    ['28.2013N 113.0987E'],
    ['n28.2013 e113.0987'],
    ['E113.0987, N28.2013'],
    ['28.2013° N, 113.0987° E'],
    ['28.2013 N, 113.0987'],
    ['北纬28.2013，东经113.0987'],
    ['东经113.0987° 北纬28.2013°'],
    ['经度：113.0987 纬度：28.2013'],
    ['lat: 28.2013, lng: 113.0987'],
    ['lat=28.2013&lon=113.0987'],
    ['+28.2013 +113.0987'],
    ['28°12.078′N 113°5.922′E'],
    ['28°12′4.68″ 113°5′55.32″'],
    ["28º 12' 4.68'' N 113º 05' 55.32'' E"],
    ['北纬28度12分4.68秒，东经113度5分55.32秒'],
    ['28 12 4.68 113 5 55.32'],
    ['28 12.078, 113 5.922'],
    ['28 12 4.68 N 113 5 55.32 E'],
  ])('are read from “%s”', (text) => {
    expectPlace(text, 28.2013, 113.0987, 5)
  })

  it('take latitude first where both orders would do', () => {
    expectPlace('22.19, 80.5', 22.19, 80.5, 9)
    expectPlace('80.5, 22.19', 80.5, 22.19, 9)
  })

  it('keep the sign below one degree, and know south and west', () => {
    expectPlace("-0°30'0\", -0.5", -0.5, -0.5, 9)
    expectPlace('33.9 S 18.4 W', -33.9, -18.4, 9)
    expectPlace('−33.9, −118.4', -33.9, -118.4, 9)
    expectPlace('lat -33.9 lon 118.4', -33.9, 118.4, 9)
  })

  it.each([
    ['91.5, 181', 'range'],
    ['28.2, 190', 'range'],
    ['120.1, 130.2', 'range'],
    ['95 N, 113 E', 'range'],
    ["28°61' 113°5'", 'range'],
    ['28°12\'75"N 113°5\'1"E', 'range'],
    ['28.2 N, 113.1 N', 'axes'],
    ['E 28.2, W 113.1', 'axes'],
    ['1 2 3', 'form'],
    ['28.2013, 113.0987, 45', 'form'],
    ["28.5°12' 113°5'", 'form'],
    ["12'28° 113°", 'form'],
    ['28.2 N 113.1 E 5', 'form'],
    ['28 N 12 13 5 7 E', 'form'],
  ])('“%s” are refused: %s', (text, problem) => {
    expect(readCoordinates(text)).toEqual({ kind: 'problem', problem })
  })

  it.each(['', ' ', '28.2013', '28.2013,', '107', 'N', '五一大道', 'Route 319 km 5', '319国道', '中山路12号', '3-5 栋', 'S 318', '-'])('“%s” is no coordinates but a name', (text) => {
    expect(readCoordinates(text)).toBeNull()
  })
})
