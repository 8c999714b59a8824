import { describe, expect, it } from 'vitest'
import { i18n, type Text } from '@/i18n'
import { RequestError } from '@/live/send'
import { browserWords } from '@/pages/admin/agent'
import { agoWords } from '@/pages/admin/moments'
import { bodyLines } from '@/pages/admin/people/bodyTree'
import { fieldOf, refusalWords } from '@/pages/admin/refusals'
import { scopeOf, scopeWords, unitNumbers } from '@/pages/admin/rights/scope'
import { BODIES } from './adminServer'

const chinese: Text = (key, values) => i18n.global.t(key, values ?? {}, { locale: 'zh-CN' })
const names = { roleName: (name: string) => `角色${name}`, atomName: (name: string) => `权限${name}` }

describe('a browser in short words', () => {
  it.each([
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87', 'Edge 126 · Windows'],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox 128 · Linux'],
    ['Mozilla/5.0 (X11; Linux aarch64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.0.0 Safari/537.36 UOSBrowser/6.0', 'UOS 6 · UOS'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15', 'Safari 17 · macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1', 'Safari 17 · iOS'],
    ['Mozilla/5.0 (Linux; Android 14; V2309A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.47', '微信 WeChat 8 · Android'],
    ['Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE', '360 · Windows'],
    ['curl/8.5.0', 'curl/8.5.0'],
    ['', null],
    [null, null],
  ])('%s', (agent, words) => {
    expect(browserWords(agent)).toBe(words)
  })
})

describe('a time that is past', () => {
  it.each([[59, null], [60, '1 minute ago'], [3600, '1 hour ago'], [47 * 3600, '47 hours ago'], [49 * 3600, '2 days ago'], [-30, null]])('by %d s', (seconds, words) => {
    expect(agoWords(1_000_000_000 - seconds * 1000, 1_000_000_000, 'en')).toBe(words)
  })
})

describe('the tree of bodies', () => {
  it('has each body before those beneath it', () => {
    expect(bodyLines(BODIES).map(({ body, level, open, position, size }) => [body.id, level, open, position, size])).toEqual([[1, 1, true, 1, 1], [2, 2, true, 1, 2], [3, 3, null, 1, 1], [4, 2, null, 2, 2]])
    expect(bodyLines(BODIES, new Set([1])).map(({ body }) => body.id)).toEqual([1])
  })

  it('puts one whose upper body is not to be seen at the top', () => {
    expect(bodyLines(BODIES.slice(1)).map(({ body, level }) => [body.id, level])).toEqual([[2, 1], [3, 2], [4, 1]])
  })
})

describe('where a grant holds', () => {
  it('is read from what is typed', () => {
    expect(unitNumbers('101、102,103;101\n7')).toEqual([101, 102, 103, 7])
    for (const typed of ['', ' , ', '0', '-3', '1.5', '12a', '99999999999999999999']) expect(unitNumbers(typed), typed).toBeNull()
    expect(scopeOf({ kind: 'body', body: null, units: '' })).toBeNull()
  })

  it('is said in words', () => {
    const words = (scope: Parameters<typeof scopeWords>[2]): string => scopeWords(chinese, (id) => `机构${id}`, scope)
    expect([words({ body: 2 }), words({ units: [1, 2] }), words({ cells: ['a'] }), words({ everything: true })]).toEqual(['机构2及下级', '车组 1、2', '1 个网格', '全部'])
  })
})

describe('a refusal', () => {
  const words = (status: number, facts: Record<string, unknown> = {}): string => refusalWords(chinese, names, new RequestError(status, 'path', facts))

  it('is in the page’s language, with the server’s facts', () => {
    expect(words(409, { code: 'separate', held: ['auditor'] })).toBe('三员分立：此人已是角色auditor，不能再授予另一种管理员角色。')
    expect(words(403, { code: 'missing', missing: ['a', 'b'] })).toContain('权限a、权限b')
    expect(words(403, { detail: 'this request does not come from our own page', expected: 'x-liandong-csrf' })).toContain('另一个账号')
    expect(words(0)).toContain('没有回应')
    expect(words(404, { code: 'something_new', detail: 'odd' })).toContain('没有找到')
    expect(words(409, { code: 'constructor', detail: 'odd' })).toBe('服务器没有接受（409）：odd')
    expect(words(500, { detail: 'odd' })).toBe('服务器没有接受（500）：odd')
  })

  it('is about a field of a new person, or about none', () => {
    const field = (status: number, facts: Record<string, unknown>): string | null => fieldOf(new RequestError(status, 'path', facts), ['name_en', 'body', 'login'])
    expect(field(422, { detail: 'body.name_en: too long' })).toBe('name_en')
    expect(field(422, { detail: 'body.other: not known' })).toBeNull()
    expect(field(422, { code: 'no_body' })).toBe('body')
    expect(field(403, { code: 'needs', atom: 'person.write', body: 7 })).toBe('body')
    expect(field(403, { code: 'needs', atom: 'person.write' })).toBeNull()
    expect(field(422, { code: 'identifier_bad' })).toBeNull()
    expect(field(503, {})).toBeNull()
  })
})
