/** The small note beside the unit under the pointer. One element; it moves with its unit. */
/** From the middle of the unit, CSS pixels. */
const AWAY = 20

export class Tip {
  private readonly element = document.createElement('div')
  private shown = ''
  private width = 0
  private height = 0

  /** Stands in the same box as the canvas that it speaks of. */
  constructor(canvas: HTMLElement) {
    this.element.className = 'unit-tip'
    // The list and the card say the same to those who do not point.
    this.element.setAttribute('aria-hidden', 'true')
    this.element.hidden = true
    canvas.after(this.element)
  }

  /** A line each; the first one is the call sign. */
  say(lines: readonly string[]): void {
    const text = lines.join('\n')
    if (text === this.shown) return
    this.shown = text
    this.element.replaceChildren(...lines.map((line, at) => Object.assign(document.createElement(at === 0 ? 'b' : 'span'), { textContent: line })))
    this.element.hidden = false
    // Asked for once here: with each frame it would make the browser lay out the page.
    this.width = this.element.offsetWidth
    this.height = this.element.offsetHeight
  }

  /** CSS pixels, within a map of this size. */
  stand(x: number, y: number, width: number, height: number): void {
    this.element.hidden = false
    const left = x + AWAY + this.width > width ? x - AWAY - this.width : x + AWAY
    const top = Math.min(Math.max(8, y + 12), height - this.height - 8)
    this.element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`
  }

  hide(): void {
    this.element.hidden = true
  }

  remove(): void {
    this.element.remove()
  }
}
