/** A journey as a GPX 1.1 file, for whoever wants to look at it elsewhere. Each piece is a segment: gaps stay gaps. */
import type { Journey, Sample } from './journey'

export function gpxOf(journey: Journey, name: string): string {
  const segments = journey.pieces.map((piece) => `    <trkseg>\n${piece.map(pointOf).join('\n')}\n    </trkseg>`)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="Liandong" xmlns="http://www.topografix.com/GPX/1/1">',
    '  <trk>',
    `    <name>${escaped(name)}</name>`,
    ...segments,
    '  </trk>',
    '</gpx>',
    '',
  ].join('\n')
}

function pointOf({ time, longitude, latitude }: Sample): string {
  return `      <trkpt lat="${latitude.toFixed(7)}" lon="${longitude.toFixed(7)}"><time>${new Date(time).toISOString()}</time></trkpt>`
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}
