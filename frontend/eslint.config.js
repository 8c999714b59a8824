import pluginVue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

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
    rules: { 'no-restricted-imports': ['error', { patterns: ['maplibre-gl', 'maplibre-gl/*'] }] },
  },
)
