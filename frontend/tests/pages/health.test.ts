import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { i18n } from '@/i18n'
import type { Equation } from '@/live/api'
import { difference, rejectedOf } from '@/pages/health/equation'
import { detailWords } from '@/pages/health/detail'
import EquationTable from '@/pages/health/EquationTable.vue'

const row: Equation = { source: 'gpsd', received: 100, stored: 80, repeat: 10, rejected: { late: 3, no_position: 2, other: 0 }, pending: 5 }

beforeEach(() => {
  setActivePinia(createPinia())
  i18n.global.locale.value = 'en'
})

describe('the equation', () => {
  it('is balanced when everything is accounted for', () => {
    expect(rejectedOf(row)).toBe(5)
    expect(difference(row)).toBe(0)
  })

  it('says how many are missing, or too many', () => {
    expect(difference({ ...row, stored: 78 })).toBe(2)
    expect(difference({ ...row, repeat: 11 })).toBe(-1)
  })

  it('is marked in words for each source', () => {
    const table = mount(EquationTable, { props: { equation: [row, { ...row, source: 'osmand', pending: 4 }] }, global: { plugins: [i18n] } })
    const marks = table.findAll('[data-balanced]')
    expect(marks.map((mark) => [mark.attributes('data-balanced'), mark.text()])).toEqual([['true', '✓ Balanced'], ['false', '✕ Off by 1']])
    expect(table.text()).toContain('late 3, no_position 2')
    expect(mount(EquationTable, { props: { equation: [{ ...row, rejected: { off_duty: 5 } }] }, global: { plugins: [i18n] } }).text()).toContain('off duty 5')
    expect(table.text()).not.toContain('other')
  })

  it('says so when nothing came yet', () => {
    const table = mount(EquationTable, { props: { equation: [] }, global: { plugins: [i18n] } })
    expect(table.text()).toContain('No fix was received yet')
  })
})

describe('what a part says of itself', () => {
  const text = (key: string, values?: Record<string, string | number>): string => `${key.slice('health.detail'.length)}=${String(values?.['value'])}`

  it('is put into words in a fixed order; sources are added up and absent things left out', () => {
    const detail = { pid: 7, received: { osmand: 3, gpsd: 4 }, refused: null, incarnation: 'ab' }
    expect(detailWords(text, detail, 'en', 0)).toBe('Received=7 · Pid=7')
  })

  it('is nothing where there is none', () => {
    expect(detailWords(text, null, 'en', 0)).toBe('')
    expect(detailWords(text, {}, 'en', 0)).toBe('')
  })
})
