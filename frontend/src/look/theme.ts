import { darkTheme, lightTheme, type GlobalTheme, type GlobalThemeOverrides } from 'naive-ui'
import { palette, type Theme } from './colours'

export const FONT_FAMILY = "'Inter Variable', 'Noto Sans SC Variable', sans-serif"

/** The accent under the pointer and while pressed: away from the ground, then towards it. */
const ACCENT_STATES: Readonly<Record<Theme, { hover: string; pressed: string }>> = {
  dark: { hover: '#8cc4ff', pressed: '#4f9df0' },
  light: { hover: '#084e9e', pressed: '#063f80' },
}

/** Naive UI's theme of the same kind, to be brought to our colours by `themeOverrides`. */
export function naiveTheme(theme: Theme): GlobalTheme {
  return theme === 'dark' ? darkTheme : lightTheme
}

export function themeOverrides(theme: Theme): GlobalThemeOverrides {
  const colours = palette(theme)
  const { hover, pressed } = ACCENT_STATES[theme]
  return {
    common: {
      fontFamily: FONT_FAMILY,
      // In rem: on a wall of 3840 pixels they grow with the rest.
      fontSize: '0.875rem',
      fontSizeMini: '0.75rem',
      fontSizeTiny: '0.75rem',
      fontSizeSmall: '0.875rem',
      fontSizeMedium: '0.875rem',
      fontSizeLarge: '0.9375rem',
      heightTiny: '1.375rem',
      heightSmall: '1.75rem',
      heightMedium: '2.125rem',
      heightLarge: '2.5rem',
      primaryColor: colours.accent,
      primaryColorHover: hover,
      primaryColorPressed: pressed,
      primaryColorSuppl: colours.accent,
      baseColor: colours.onAccent,
      bodyColor: colours.ground,
      cardColor: colours.surface,
      modalColor: colours.surface,
      popoverColor: colours.raised,
      tableColor: colours.surface,
      borderColor: colours.line,
      dividerColor: colours.line,
      textColorBase: colours.text,
      textColor1: colours.text,
      textColor2: colours.text,
      textColor3: colours.quiet,
      placeholderColor: colours.quiet,
      inputColor: colours.raised,
      errorColor: colours.alarm,
      warningColor: colours.stale,
      successColor: colours.fresh,
      borderRadius: '4px',
    },
  }
}
