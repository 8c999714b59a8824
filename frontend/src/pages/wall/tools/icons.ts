/** The wall's one set of icons: strokes on a square of 24, drawn in the colour of the text around them. */
export const ICONS = {
  search: 'M10.5 4.5a6 6 0 1 1 0 12a6 6 0 1 1 0-12M15 15l5 5',
  layers: 'M12 4l8.5 4.5L12 13L3.5 8.5zM4 12.5l8 4.2l8-4.2M4 16.3l8 4.2l8-4.2',
  ruler: 'M3.5 16L16 3.5L20.5 8L8 20.5zM7 12.5l2 2M10 9.5l3 3M13 6.5l2 2',
  views: 'M6.5 4h11v16.5L12 16.2l-5.5 4.3z',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  fit: 'M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5M9 10.5h.01M15 9.5h.01M12 15h.01',
  full: 'M9.5 14.5L4 20M4 15v5h5M14.5 9.5L20 4M15 4h5v5',
  leaveFull: 'M4 20l6-6M10 19v-5H5M20 4l-6 6M14 5v5h5',
  help: 'M3.5 6h17v12h-17zM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M8 14h8',
  close: 'M6 6l12 12M18 6L6 18',
  up: 'M12 19V5M6 11l6-6l6 6',
  pencil: 'M4 20l1-4.5L16 4.5L19.5 8L8.5 19zM13.5 7L17 10.5',
  bin: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10.5 11v5.5M13.5 11v5.5',
  pin: 'M12 21c-4-5-6.5-8-6.5-11.2a6.5 6.5 0 0 1 13 0C18.5 13 16 16 12 21zM12 7.7a2.2 2.2 0 1 1 0 4.4a2.2 2.2 0 1 1 0-4.4',
  street: 'M8 4L5 20M16 4l3 16M12 5v3M12 11v3M12 17v3',
  crossing: 'M9 3v6H3M15 3v6h6M9 21v-6H3M15 21v-6h6',
  area: 'M5 7l8-3l7 6l-3 9l-10 1z',
  stop: 'M6 5h12v11H6zM6 11h12M8.5 16v3M15.5 16v3M9 13.6h.01M15 13.6h.01',
  building: 'M6 20V5h8v15M14 10h5v10M4 20h16M9 8.5h2M9 12h2M9 15.5h2',
  target: 'M12 5.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M12 2.5v6M12 15.5v6M2.5 12h6M15.5 12h6',
  who: 'M12 3.5a8.5 8.5 0 1 1 0 17a8.5 8.5 0 1 1 0-17M12 8a2 2 0 1 1 0 4a2 2 0 1 1 0-4M8.5 16c.5-2 2-3 3.5-3s3 1 3.5 3',
  replay: 'M5.5 12a6.7 6.7 0 1 0 2-4.8L5 9.5M5 4.5v5h5M12 8.5V12l2.5 1.6',
  clock: 'M12 4a8 8 0 1 1 0 16a8 8 0 1 1 0-16M12 7.5V12l3 2',
} as const

export type IconName = keyof typeof ICONS
