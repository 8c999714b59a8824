/** Faces come with the program, so that every PC and every screenshot looks the same. */
import '@fontsource-variable/inter/wght.css'
import '@fontsource-variable/noto-sans-sc/wght.css'

/** The faces as MapLibre names them; it draws labels itself and keeps what it once drew. */
export const MAP_FACES = ['Inter Variable', 'Noto Sans SC Variable']
/** The same, heavier: MapLibre takes the weight from the first name, which no PC has as a face. */
export const MAP_FACES_MEDIUM = ['Liandong Medium', ...MAP_FACES]

/**
 * Loads the faces that a text needs. The Chinese face is cut into a hundred files by character, so it has to be asked
 * for by text. A face that does not come is no reason to show no map.
 */
export async function loadFaces(text: string): Promise<void> {
  if (!('fonts' in document)) return
  await Promise.allSettled(MAP_FACES.map((face) => document.fonts.load(`400 16px "${face}"`, text)))
}
