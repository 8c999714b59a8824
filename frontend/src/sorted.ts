/** Index of the last item at or before a value, in a list that is in order; −1 when all are beyond it. By halving. */
export function lastAtOrBefore<Item>(items: readonly Item[], value: number, valueOf: (item: Item) => number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const item = items[middle]
    if (item !== undefined && valueOf(item) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
