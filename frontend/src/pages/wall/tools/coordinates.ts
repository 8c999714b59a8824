/**
 * Reads coordinates as people paste them: decimal or degrees, minutes, seconds; with or without letters, in Chinese
 * or English, with full-width signs. Pure. Latitude comes first, unless the figures can only mean the other order.
 */
import type { MapPlace } from '@/map/engine'

/** `form`: two figures, but not readable as two angles. `range`: no such place on the globe. `axes`: twice the same axis. */
export type Problem = 'form' | 'range' | 'axes'
export type Reading = { kind: 'place'; place: MapPlace } | { kind: 'problem'; problem: Problem }

type Letter = 'N' | 'S' | 'E' | 'W'
interface Angle {
  degrees: number
  letter: Letter | undefined
}

const TOKEN = /[+-]?\d+(?:\.\d+)?|[°'"NSEW,]/g
const NUMBER = /^[+-]?\d/
/** Signs of one meaning, brought to one. The order matters: seconds are made of two minute signs in some pastes. */
const SIGNS: readonly (readonly [RegExp, string])[] = [
  [/(北纬|纬度|\blat(itude)?\b)\s*[:：=]?/gi, 'N'],
  [/南纬/g, 'S'],
  [/(东经|经度|\b(lng|lon|long|longitude)\b)\s*[:：=]?/gi, 'E'],
  [/西经/g, 'W'],
  [/[−–—]/g, '-'],
  [/[º˚度]/g, '°'],
  [/''|′′|[″“”秒]/g, '"'],
  [/[′‘’´`分]/g, "'"],
  [/[、;/|&]/g, ','],
  [/。/g, '.'],
  [/[()[\]]/g, ' '],
]

/** What a text says as coordinates; null where it is no coordinates but a name or not yet two figures. */
export function readCoordinates(text: string): Reading | null {
  const tokens = tokensOf(text)
  if (tokens === null || tokens.filter((token) => NUMBER.test(token)).length < 2) return null
  const halves = halvesOf(tokens)
  const angles = halves?.map(angleOf)
  const [first, second] = angles ?? []
  if (!first || !second) return { kind: 'problem', problem: 'form' }
  if (first === 'range' || second === 'range') return { kind: 'problem', problem: 'range' }
  return placeOf(first, second)
}

/** The text's signs; null when there is anything in it that does not belong to coordinates. */
function tokensOf(text: string): string[] | null {
  // The ring above becomes a plain letter under NFKC, so signs are brought together on both sides of it.
  const plain = oneSign(oneSign(text).normalize('NFKC')).toUpperCase()
  return plain.replace(TOKEN, '').trim() === '' ? (plain.match(TOKEN) ?? []) : null
}

function oneSign(text: string): string {
  return SIGNS.reduce((plain, [signs, sign]) => plain.replace(signs, sign), text)
}

/** The tokens of the first and of the second angle: parted by a comma, by the letters, by the degree signs or by count. */
function halvesOf(tokens: string[]): [string[], string[]] | null {
  const commas = indexesOf(tokens, (token) => token === ',')
  if (commas.length > 1) return null
  const cut = commas[0] ?? cutOf(tokens)
  return cut === undefined ? null : [tokens.slice(0, cut), tokens.slice(cut).filter((token) => token !== ',')]
}

function cutOf(tokens: string[]): number | undefined {
  const letters = indexesOf(tokens, isLetter)
  const [first, second] = letters
  if (first === 0) return second
  if (first !== undefined) return letters.length > 1 || first < tokens.length - 1 ? first + 1 : undefined
  const degrees = indexesOf(tokens, (token) => token === '°')
  if (degrees.length === 2 && degrees[1] !== undefined) return degrees[1] - 1
  return degrees.length === 0 && tokens.length % 2 === 0 ? tokens.length / 2 : undefined
}

/** One angle; undefined where its parts make no sense together. */
function angleOf(tokens: string[]): Angle | 'range' | undefined {
  const letters = tokens.filter(isLetter)
  const body = tokens.filter((token) => !isLetter(token))
  // A letter stands before or behind its figures, not among them.
  if (letters.length > 1 || (letters.length === 1 && !isLetter(tokens[0]) && !isLetter(tokens.at(-1)))) return undefined
  if (!/^#(°?|°?#'?|°?#'?#"?)$/.test(body.map((token) => (NUMBER.test(token) ? '#' : token)).join(''))) return undefined
  const figures = body.filter((token) => NUMBER.test(token))
  const [degrees = 0, minutes = 0, seconds = 0] = figures.map(Number)
  const finest = figures.length - 1
  if (figures.some((figure, index) => (index < finest && figure.includes('.')) || (index > 0 && /^[+-]/.test(figure)))) return undefined
  if (minutes >= 60 || seconds >= 60) return 'range'
  const sign = figures[0]?.startsWith('-') ? -1 : 1
  return { degrees: sign * (Math.abs(degrees) + minutes / 60 + seconds / 3600), letter: letters[0] as Letter | undefined }
}

function placeOf(first: Angle, second: Angle): Reading {
  const [one, other] = [axisOf(first), axisOf(second)]
  if (one !== undefined && one === other) return { kind: 'problem', problem: 'axes' }
  const named = one ?? (other && (other === 'latitude' ? 'longitude' : 'latitude'))
  const turned = named === undefined ? Math.abs(first.degrees) > 90 && Math.abs(second.degrees) <= 90 : named === 'longitude'
  const [latitude, longitude] = (turned ? [second, first] : [first, second]).map(signed)
  if (latitude === undefined || longitude === undefined || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    return { kind: 'problem', problem: 'range' }
  }
  return { kind: 'place', place: { longitude, latitude } }
}

function axisOf({ letter }: Angle): 'latitude' | 'longitude' | undefined {
  if (letter === undefined) return undefined
  return letter === 'N' || letter === 'S' ? 'latitude' : 'longitude'
}

function signed({ degrees, letter }: Angle): number {
  return letter === 'S' || letter === 'W' ? -degrees : degrees
}

function isLetter(token: string | undefined): boolean {
  return token !== undefined && /^[NSEW]$/.test(token)
}

function indexesOf(tokens: string[], holds: (token: string) => boolean): number[] {
  return tokens.flatMap((token, index) => (holds(token) ? [index] : []))
}
