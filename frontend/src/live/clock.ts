/**
 * The server's clock as this page knows it. A PC's own clock may be minutes wrong, which would turn fresh
 * positions into lost ones; so ages are counted from what the server says in `welcome`, `alive` and frames.
 */
const STEP_MILLISECONDS = 1000
const EASE = 0.05

export class ServerClock {
  /** Server's time minus local time; null until the server has spoken. */
  private offset: number | null = null

  /** `local` has to run evenly, so the time of day, which may be set, is not used. */
  constructor(private readonly local: () => number = () => performance.now()) {}

  heard(serverTime: number): void {
    const sample = serverTime - this.local()
    // A sample is too small by the delay of its way here: the greatest is the truest, unless a clock was set.
    if (this.offset === null || Math.abs(sample - this.offset) > STEP_MILLISECONDS || sample > this.offset) this.offset = sample
    else this.offset += (sample - this.offset) * EASE
  }

  get known(): boolean {
    return this.offset !== null
  }

  /** Milliseconds since 1970; the PC's own clock until the server has spoken. */
  now(): number {
    return this.offset === null ? Date.now() : this.local() + this.offset
  }
}
