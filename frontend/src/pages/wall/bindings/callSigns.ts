import type { Unit } from '@/live/api'
import { loadFaces } from '@/look/fonts'

/**
 * The call signs that may be drawn. A text on the canvas is kept as it was first drawn; so a call sign is kept back
 * until its face is there, and the unit goes by its number until then.
 */
export class CallSigns {
  private byUnit: ReadonlyMap<number, string> = new Map()

  async load(units: readonly Unit[]): Promise<void> {
    await loadFaces([...new Set(units.map((unit) => unit.call_sign).join(''))].join(''))
    this.byUnit = new Map(units.map((unit) => [unit.number, unit.call_sign]))
  }

  get(unit: number): string {
    return this.byUnit.get(unit) ?? `#${unit}`
  }
}
