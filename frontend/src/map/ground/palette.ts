/**
 * The colours of the ground. It is there to be seen past: greys of one family, water and green just told apart, a warm
 * hint for the roads that carry through traffic. What is bright and full of colour on the map is a unit.
 */
import type { Theme } from '@/look/colours'

export interface GroundColours {
  land: string
  water: string
  waterLine: string
  /** Kept for what is planted or grows. */
  green: string
  wood: string
  pitch: string
  farm: string
  urban: string
  oldTown: string
  commercial: string
  industrial: string
  /** Schools and hospitals: grounds of their own inside the town. */
  campus: string
  cemetery: string
  building: string
  buildingRim: string
  casing: string
  bridgeCasing: string
  tunnel: string
  motorway: string
  trunk: string
  primary: string
  secondary: string
  tertiary: string
  minor: string
  service: string
  path: string
  rail: string
  railTie: string
  subway: string
  arrow: string
  /** Every text has a rim of this, so that a road under it does not strike it through. */
  halo: string
  roadText: string
  minorText: string
  waterText: string
  placeText: string
  suburbText: string
  pointText: string
  numberText: string
  shield: string
  shieldRim: string
  shieldText: string
  metro: string
  health: string
  learning: string
  authority: string
  market: string
  park: string
  point: string
  /** The picture inside a point's mark. */
  pictogram: string
}

const DARK: GroundColours = {
  land: '#171f28',
  water: '#1b3f5a',
  waterLine: '#24506f',
  green: '#19302b',
  wood: '#182c28',
  pitch: '#1d3831',
  farm: '#1a2627',
  urban: '#1b242e',
  oldTown: '#1f262e',
  commercial: '#1f2532',
  industrial: '#1d2228',
  campus: '#212632',
  cemetery: '#1c2b29',
  building: '#26313d',
  buildingRim: '#313d4a',
  casing: '#0f151b',
  bridgeCasing: '#0a0e13',
  tunnel: '#28323d',
  motorway: '#877451',
  trunk: '#746b56',
  primary: '#626e7c',
  secondary: '#545f6d',
  tertiary: '#48535f',
  minor: '#3c4652',
  service: '#343f4a',
  path: '#455260',
  rail: '#434f5c',
  railTie: '#66727f',
  subway: '#4f6178',
  arrow: '#9aa7b5',
  halo: '#10161c',
  roadText: '#b9c4cf',
  minorText: '#98a5b2',
  waterText: '#86b4d4',
  placeText: '#dfe5ea',
  suburbText: '#aeb9c6',
  pointText: '#9aa7b5',
  numberText: '#919daa',
  shield: '#26303b',
  shieldRim: '#66737f',
  shieldText: '#d8dee4',
  metro: '#4f7cab',
  health: '#a8616a',
  learning: '#8a7350',
  authority: '#6a6f9c',
  market: '#8d6a86',
  park: '#4f7d62',
  point: '#5d6a78',
  pictogram: '#d3dbe3',
}

const LIGHT: GroundColours = {
  land: '#eff0ee',
  water: '#b3d1e6',
  waterLine: '#9cc2dc',
  green: '#dbe9d6',
  wood: '#d0e3cd',
  pitch: '#c9e2c9',
  farm: '#eceee1',
  urban: '#ebecea',
  oldTown: '#ebe8e3',
  commercial: '#efebe9',
  industrial: '#e9eaed',
  campus: '#f0ece1',
  cemetery: '#dce5d8',
  building: '#dfe0e0',
  buildingRim: '#cdd0d2',
  casing: '#b6bec7',
  bridgeCasing: '#98a2ac',
  tunnel: '#e6e8ea',
  motorway: '#e9b967',
  trunk: '#f0ce90',
  primary: '#f9e3b4',
  secondary: '#ffffff',
  tertiary: '#ffffff',
  minor: '#ffffff',
  service: '#fbfbfb',
  path: '#b7bdc3',
  rail: '#a4abb2',
  railTie: '#ffffff',
  subway: '#97a6b8',
  arrow: '#7d8893',
  halo: '#fbfcfc',
  roadText: '#3b4650',
  minorText: '#545f69',
  waterText: '#235f8c',
  placeText: '#1b252e',
  suburbText: '#47525d',
  pointText: '#4f5963',
  numberText: '#576068',
  shield: '#ffffff',
  shieldRim: '#8a949d',
  shieldText: '#2b353e',
  metro: '#3f74ab',
  health: '#b25660',
  learning: '#8d703d',
  authority: '#5f6498',
  market: '#8c5d83',
  park: '#47805c',
  point: '#76818b',
  pictogram: '#ffffff',
}

const COLOURS: Readonly<Record<Theme, GroundColours>> = { dark: DARK, light: LIGHT }

export function groundColours(theme: Theme): GroundColours {
  return COLOURS[theme]
}
