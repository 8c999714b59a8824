/**
 * Names on the ground. What is listed later is placed first: places before streets, great streets before small ones,
 * so that what is left out where it crowds is what is missed least.
 */
import { MAP_FACES, MAP_FACES_MEDIUM } from '@/look/fonts'
import type { Language } from '@/stores/preferences'
import type { Expression, Layer } from '../engine'
import type { GroundColours } from './palette'
import { pointLayers } from './points'
import { from } from './schema'

/** Beside the middle line of a river, since borders like to run there; in ems. */
const BESIDE: [number, number] = [0, 0.9]

type SymbolLayer = Extract<Layer, { type: 'symbol' }>

/** `scale` is that of the page: on the widest screens its texts grow, and the names on the ground with them. */
export function labelLayers(colours: GroundColours, language: Language, scale: number): Layer[] {
  const name = nameIn(language)
  return [
    oneWay(scale),
    houseNumbers(colours, scale),
    ...pointLayers(colours, name, 'lesser', scale),
    ...streetNames(colours, language, scale),
    ...waterNames(colours, name, scale),
    shields(colours, scale),
    ...pointLayers(colours, name, 'great', scale),
    ...placeNames(colours, language, scale),
  ]
}

/** The Chinese (or local) name in Chinese; the English one in English, where there is one. */
export function nameIn(language: Language): Expression {
  return language === 'en' ? ['coalesce', ['get', 'name_en'], ['get', 'name']] : ['get', 'name']
}

function sizes(from: number, small: number, to: number, large: number): Expression {
  return ['interpolate', ['linear'], ['zoom'], from, small, to, large]
}

function halo(colours: GroundColours, width = 1.25): { 'text-halo-color': string; 'text-halo-width': number } {
  return { 'text-halo-color': colours.halo, 'text-halo-width': width }
}

function oneWay(scale: number): SymbolLayer {
  return {
    id: 'oneway',
    type: 'symbol',
    ...from('road'),
    minzoom: 15.5,
    filter: ['all', ['in', ['get', 'oneway'], ['literal', [1, -1]]], ['!=', ['get', 'class'], 'path']],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 160,
      'icon-image': 'oneway',
      'icon-rotate': ['case', ['==', ['get', 'oneway'], -1], 180, 0],
      'icon-rotation-alignment': 'map',
      'icon-padding': 4,
      'icon-size': ['interpolate', ['linear'], ['zoom'], 15.5, 0.75 * scale, 18, 1.1 * scale],
    },
  }
}

function houseNumbers(colours: GroundColours, scale: number): SymbolLayer {
  return {
    id: 'address',
    type: 'symbol',
    ...from('address'),
    minzoom: 17,
    layout: { 'text-field': ['get', 'no'], 'text-font': MAP_FACES, 'text-size': 10.5 * scale, 'text-padding': 6 },
    paint: { 'text-color': colours.numberText, ...halo(colours, 1) },
  }
}

interface StreetNames {
  id: string
  classes: string[]
  minzoom: number
  /** At zoom 13 and 18. */
  sizes: [number, number]
  colour: string
  medium?: boolean
}

function streetNames(colours: GroundColours, language: Language, scale: number): SymbolLayer[] {
  const groups: StreetNames[] = [
    { id: 'path', classes: ['path', 'service'], minzoom: 16.5, sizes: [10, 11.5], colour: colours.minorText },
    { id: 'minor', classes: ['minor'], minzoom: 15, sizes: [10.5, 13], colour: colours.minorText },
    { id: 'tertiary', classes: ['tertiary'], minzoom: 14, sizes: [11, 14], colour: colours.minorText },
    { id: 'secondary', classes: ['secondary'], minzoom: 13, sizes: [11.5, 15], colour: colours.roadText },
    { id: 'primary', classes: ['primary', 'trunk', 'motorway'], minzoom: 12, sizes: [12, 16], colour: colours.roadText, medium: true },
  ]
  return groups.map(({ id, classes, minzoom, sizes: [small, large], colour, medium = false }) => ({
    id: `name-${id}`,
    type: 'symbol',
    ...from('road'),
    minzoom,
    // A slip road bears the name of where it leads: said once, on the road itself.
    filter: ['all', ['in', ['get', 'class'], ['literal', classes]], ['!', ['to-boolean', ['get', 'link']]]],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 420,
      'text-field': nameIn(language),
      'text-font': medium ? MAP_FACES_MEDIUM : MAP_FACES,
      'text-size': sizes(13, small * scale, 18, large * scale),
      // Chinese signs along a street are set apart, as on its own sign.
      'text-letter-spacing': language === 'en' ? 0.02 : 0.12,
      'text-max-angle': 30,
      'text-padding': 12,
      'text-rotation-alignment': 'map',
    },
    paint: { 'text-color': colour, ...halo(colours, 1.6) },
  }))
}

function waterNames(colours: GroundColours, name: Expression, scale: number): SymbolLayer[] {
  const paint = { 'text-color': colours.waterText, ...halo(colours, 1) }
  const layout = { 'text-field': name, 'text-font': MAP_FACES, 'text-letter-spacing': 0.2 }
  const flowing: Expression = ['in', ['get', 'kind'], ['literal', ['river', 'canal']]]
  return [
    {
      id: 'name-water',
      type: 'symbol',
      ...from('water'),
      minzoom: 11,
      filter: ['all', ['==', ['geometry-type'], 'LineString'], ['any', flowing, ['>=', ['zoom'], 14]]],
      layout: { ...layout, 'symbol-placement': 'line', 'symbol-spacing': 600, 'text-size': sizes(11, 12 * scale, 17, 16 * scale), 'text-offset': BESIDE, 'text-padding': 30 },
      paint,
    },
    {
      id: 'name-lake',
      type: 'symbol',
      ...from('water'),
      minzoom: 12.5,
      // A river's surface is in pieces; its name runs along its line.
      filter: ['all', ['==', ['geometry-type'], 'Polygon'], ['in', ['get', 'kind'], ['literal', ['lake', 'reservoir', 'pond', 'lagoon', 'basin']]]],
      layout: { ...layout, 'text-size': sizes(12, 11.5 * scale, 17, 15 * scale), 'text-max-width': 6, 'text-padding': 40 },
      paint,
    },
  ]
}

function shields(colours: GroundColours, scale: number): SymbolLayer {
  const short: Expression = ['all', ['has', 'ref'], ['<=', ['length', ['get', 'ref']], 6]]
  return {
    id: 'shield',
    type: 'symbol',
    ...from('road'),
    minzoom: 9,
    filter: ['all', ['in', ['get', 'class'], ['literal', ['motorway', 'trunk', 'primary']]], short, ['!', ['to-boolean', ['get', 'link']]]],
    layout: {
      'symbol-placement': 'line',
      'symbol-spacing': 520,
      'text-field': ['get', 'ref'],
      'text-font': MAP_FACES_MEDIUM,
      'text-size': 10.5 * scale,
      'text-rotation-alignment': 'viewport',
      'text-padding': 60,
      'icon-image': 'shield',
      'icon-text-fit': 'both',
      'icon-rotation-alignment': 'viewport',
      'icon-padding': 40,
    },
    paint: { 'text-color': colours.shieldText },
  }
}

interface PlaceNames {
  id: string
  kinds: string[]
  zooms: [number, number]
  sizes: [number, number]
  colour: string
  medium: boolean
}

function placeNames(colours: GroundColours, language: Language, scale: number): SymbolLayer[] {
  const groups: PlaceNames[] = [
    { id: 'neighbourhood', kinds: ['neighbourhood', 'hamlet', 'isolated_dwelling', 'locality', 'square'], zooms: [14.5, 18], sizes: [11, 13], colour: colours.suburbText, medium: false },
    { id: 'quarter', kinds: ['quarter', 'village', 'island'], zooms: [12.5, 16.5], sizes: [11.5, 15], colour: colours.suburbText, medium: false },
    { id: 'suburb', kinds: ['suburb', 'borough', 'district'], zooms: [10, 12.8], sizes: [12.5, 16], colour: colours.suburbText, medium: true },
    { id: 'town', kinds: ['city', 'town', 'county'], zooms: [5, 12.5], sizes: [13, 20], colour: colours.placeText, medium: true },
  ]
  return groups.map(({ id, kinds, zooms: [minzoom, maxzoom], sizes: [small, large], colour, medium }) => ({
    id: `place-${id}`,
    type: 'symbol',
    ...from('place'),
    minzoom,
    maxzoom,
    filter: ['in', ['get', 'kind'], ['literal', kinds]],
    layout: {
      'text-field': nameIn(language),
      'text-font': medium ? MAP_FACES_MEDIUM : MAP_FACES,
      'text-size': sizes(minzoom, small * scale, maxzoom, large * scale),
      'text-letter-spacing': language === 'en' ? 0.04 : 0.14,
      'text-max-width': 8,
      'text-padding': 10,
      'symbol-sort-key': ['coalesce', ['get', 'rank'], 9],
    },
    paint: { 'text-color': colour, ...halo(colours, 1.5) },
  }))
}
