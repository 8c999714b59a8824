/** A warning is a fault: what Vue or the browser complains of in a test fails that test. */
console.warn = console.error = (...words: unknown[]): never => {
  throw new Error(words.map(String).join(' '))
}
