const FIRST_MILLISECONDS = 500
const LONGEST_MILLISECONDS = 10_000

/** How long to wait before the line is tried again: 0.5 s, doubling to 10 s. */
export class RetryDelay {
  private upcoming = FIRST_MILLISECONDS

  next(): number {
    const delay = this.upcoming
    this.upcoming = Math.min(delay * 2, LONGEST_MILLISECONDS)
    return delay
  }

  reset(): void {
    this.upcoming = FIRST_MILLISECONDS
  }
}
