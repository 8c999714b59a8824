/** A browser in short words, as "Edge 126 · Windows". A user agent is a claim: good enough to recognise one's own desk. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bMicroMessenger\/(\d+)/, '微信 WeChat'],
  [/\b(?:QIHU |360)[A-Z]*E\b/, '360'],
  [/\b(?:QQBrowser|MQQBrowser)\/(\d+)/, 'QQ'],
  [/\bUOSBrowser[/ ]?(\d+)?/i, 'UOS'],
  [/\bEdgA?(?:iOS)?\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\b(?:Firefox|FxiOS)\/(\d+)/, 'Firefox'],
  // After those that call themselves Chrome too.
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* (?:Mobile\/\S+ )?Safari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/\bUOS|Uniontech/i, 'UOS'],
  [/Kylin/i, 'Kylin'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]
const LONGEST = 40

/** Null where nothing was said. */
export function browserWords(agent: string | null): string | null {
  const said = agent?.trim() ?? ''
  if (said === '') return null
  const system = SYSTEMS.find(([sign]) => sign.test(said))?.[1]
  for (const [sign, name] of BROWSERS) {
    const found = sign.exec(said)
    if (found) return [[name, found[1]].filter(Boolean).join(' '), system].filter(Boolean).join(' · ')
  }
  return system ?? (said.split(' ')[0] ?? said).slice(0, LONGEST)
}
