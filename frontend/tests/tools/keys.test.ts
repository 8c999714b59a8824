import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent } from 'vue'
import { i18n } from '@/i18n'
import { KEY_GROUPS, keyOf, KEYS, keyWords, useKeys, type Action, type Actions } from '@/pages/wall/keys'

let mounted: VueWrapper | undefined
afterEach(() => mounted?.unmount())

const names = KEYS.flatMap((row) => row.action ?? [])
const done = vi.fn<(action: Action, key: string) => unknown>()

function listen(template = '<div />'): void {
  done.mockReset()
  const actions = Object.fromEntries(names.map((name) => [name, (key: string) => done(name, key)])) as Actions
  mounted = mount(defineComponent({ setup: () => { useKeys(actions) }, template }), { attachTo: document.body })
}

function press(key: string, target: EventTarget = document.body, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  target.dispatchEvent(event)
  return event
}

function element(selector: string): Element {
  const found = document.querySelector(selector)
  if (!found) throw new Error(`no ${selector}`)
  return found
}

describe('the table of keys', () => {
  it('gives each key to one action only', () => {
    const keys = KEYS.filter((row) => row.action).flatMap((row) => row.keys)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('gives each action one row', () => {
    expect(new Set(names).size).toBe(names.length)
  })

  it('has no key twice in a group', () => {
    for (const group of KEY_GROUPS) {
      const keys = KEYS.filter((row) => row.group === group).flatMap((row) => row.keys)
      expect(keys.length, group).toBeGreaterThan(0)
      expect(new Set(keys).size, group).toBe(keys.length)
    }
  })

  it('has words for each row and group in both languages', () => {
    for (const locale of ['zh-CN', 'en'] as const) {
      for (const { words } of KEYS) expect(i18n.global.te(words, locale), `${words} in ${locale}`).toBe(true)
      for (const group of KEY_GROUPS) expect(i18n.global.te(`keys.groups.${group}`, locale), group).toBe(true)
    }
  })

  it.each([['ArrowUp', '↑'], ['Control+k', 'Ctrl+K'], ['Escape', 'Esc'], [' ', 'Space'], ['g', 'G'], ['/', '/']])('writes %j as %s', (key, words) => {
    expect(keyWords(key)).toBe(words)
  })

  it('tells the first key of an action', () => {
    expect(keyOf('searchPlace')).toBe('G')
  })
})

describe('the listener', () => {
  it.each([['g', 'searchPlace'], ['G', 'searchPlace'], ['?', 'help'], ['7', 'recallView'], ['Escape', 'escape'], ['=', 'zoomIn']])('hears %s as %s', (key, action) => {
    listen()
    expect(press(key).defaultPrevented).toBe(true)
    expect(done).toHaveBeenCalledExactlyOnceWith(action, key.length === 1 ? key.toLowerCase() : key)
  })

  it('hears Ctrl+K, and no other modified key', () => {
    listen()
    press('k', document.body, { ctrlKey: true })
    expect(done).toHaveBeenCalledExactlyOnceWith('searchPlace', 'Control+k')
    for (const modifier of ['ctrlKey', 'altKey', 'metaKey']) press('f', document.body, { [modifier]: true })
    expect(done).toHaveBeenCalledTimes(1)
  })

  it.each(['<input>', '<textarea />', '<select />', '<div contenteditable="true" />', '<div aria-modal="true"><button /></div>'])('leaves alone what is typed into %s', (template) => {
    listen(template)
    press('g', element('input, textarea, select, [contenteditable], button'))
    expect(done).not.toHaveBeenCalled()
  })

  it('leaves Enter to the button or the list that has the focus, and other keys not', () => {
    listen('<div><button /><div role="tree" tabindex="0" /><canvas tabindex="0" /></div>')
    for (const selector of ['button', '[role=tree]']) press('Enter', element(selector))
    expect(done).not.toHaveBeenCalled()
    press('Enter', element('canvas'))
    press('m', element('button'))
    expect(done.mock.calls.map(([action]) => action)).toEqual(['finishMeasure', 'measure'])
  })

  it('leaves a key alone that somebody else has taken', () => {
    listen('<button />')
    element('button').addEventListener('keydown', (event) => { event.preventDefault() })
    press('+', element('button'))
    expect(done).not.toHaveBeenCalled()
  })

  it('lets a key go where it would have gone when its action did nothing', () => {
    listen()
    done.mockReturnValue(false)
    expect(press('Backspace').defaultPrevented).toBe(false)
  })

  it('is silent when the page is left', () => {
    listen()
    mounted?.unmount()
    mounted = undefined
    press('g')
    expect(done).not.toHaveBeenCalled()
  })
})
