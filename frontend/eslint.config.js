import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const ENGINE = { group: ['maplibre-gl', 'maplibre-gl/*'], message: 'the engine is behind map/engine.ts' }
const PAGES = { group: ['@/pages/*', '**/pages/**'], message: 'a page may use this, this may not use a page' }

export default tseslint.config(
  { ignores: ['dist', 'node_modules'] },
  ...tseslint.configs.strict,
  ...pluginVue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
  },
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'any' } }],
      'vue/multi-word-component-names': 'error',
    },
  },
  // A table of texts is as long as the page has texts.
  { files: ['src/i18n/{en,zh-CN}.ts'], rules: { 'max-lines': 'off' } },
  { files: ['tests/**'], rules: { 'max-lines-per-function': 'off', 'no-console': 'off' } },
  {
    // The map engine is behind one file, so that another engine is a change of one file.
    files: ['src/**'],
    ignores: ['src/map/engine.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [ENGINE] }] },
  },
  {
    // Pages know what lies beneath them, never the other way round.
    files: ['src/{i18n,live,look,map,stores,track}/**'],
    ignores: ['src/map/engine.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [ENGINE, PAGES] }] },
  },
)
