import { describe, expect, it } from 'vitest'
import { firstPage, mayOpen, wayTo } from '@/doors'

const DESK = ['wall.open', 'system.read']

describe('the first page', () => {
  it.each([
    [DESK, '/wall'],
    [['person.read', 'system.read'], '/admin'],
    [['system.read'], '/health'],
    [['map.read'], '/profile'],
    [[], '/profile'],
  ])('with %j is %s', (atoms, page) => {
    expect(firstPage(atoms)).toBe(page)
  })
})

describe('a page', () => {
  it('opens with its right, and all that lies below it', () => {
    expect(mayOpen('/wall', DESK)).toBe(true)
    expect(mayOpen('/admin', DESK)).toBe(false)
    expect(mayOpen('/admin/people', DESK)).toBe(false)
    expect(mayOpen('/administrative', DESK)).toBe(true)
    expect(mayOpen('/profile', [])).toBe(true)
  })
})

describe('where somebody was going', () => {
  it.each(['/health', '/wall?screen=2', '/profile#password', '/health/'])('is a page of ours: %s', (wanted) => {
    expect(wayTo(wanted, DESK)).toBe(wanted)
  })

  it.each(['//evil', '//evil/wall', 'https://evil', 'https://evil/wall', '/\\evil/wall', '\\\\evil', '/\t/evil/wall', '/\n//evil', 'javascript:alert(1)', 'wall', '', ' /wall', 'http://[', '/api/v1/logout', '/login?to=/login', '/enrol', '/walls', '/', '/admin', '/wall/../admin', null, undefined, ['/health'], 7])(
    'is not taken from %j',
    (wanted) => {
      expect(wayTo(wanted, DESK)).toBe('/wall')
    },
  )
})
