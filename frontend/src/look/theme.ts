import type { GlobalThemeOverrides } from 'naive-ui'
import { colours } from './colours'

export const FONT_FAMILY = "'Inter Variable', 'Noto Sans SC Variable', sans-serif"

/** Naive UI's dark theme, brought to the colours of the wall. */
export const themeOverrides: GlobalThemeOverrides = {
  common: {
    fontFamily: FONT_FAMILY,
    primaryColor: colours.accent,
    primaryColorHover: '#8cc4ff',
    primaryColorPressed: '#4f9df0',
    primaryColorSuppl: colours.accent,
    bodyColor: colours.ground,
    cardColor: colours.surface,
    popoverColor: colours.raised,
    tableColor: colours.surface,
    borderColor: colours.line,
    dividerColor: colours.line,
    textColorBase: colours.text,
    textColor2: colours.text,
    textColor3: colours.quiet,
    placeholderColor: colours.quiet,
    inputColor: colours.raised,
    borderRadius: '4px',
  },
}
