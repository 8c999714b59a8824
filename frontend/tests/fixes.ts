import type { Unit } from '@/live/api'
import type { Fix, Frame } from '@/live/record'

export function fix(unit: number, rest: Partial<Fix> = {}): Fix {
  return { unit, time: 1_000_000, longitude: 113.5, latitude: 22.2, speed: null, heading: null, accuracy: null, age: null, clockAhead: false, alarm: false, simulated: false, source: 1, ...rest }
}

export function frame(kind: Frame['kind'], fixes: Fix[], present: number[] = []): Frame {
  return { kind, look: 0, time: 1_000_000, fixes, present }
}

export function unit(number: number, rest: Partial<Unit> = {}): Unit {
  return {
    number,
    call_sign: `巡${number}`,
    name: `巡逻车 ${number} 号`,
    name_en: `Patrol car ${number}`,
    kind: 'car',
    squad: 1,
    squad_name: '一中队',
    squad_name_en: 'First squad',
    district: 1000,
    district_name: '北区',
    district_name_en: 'North',
    ...rest,
  }
}
