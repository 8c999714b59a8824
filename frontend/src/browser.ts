/** What a page hands to the browser: a text for the clipboard, a file. */

/** Puts a text on the clipboard. False where the browser does not let a page do so. */
export async function copyText(text: string): Promise<boolean> {
  try {
    // A wall that is opened by a bare address without HTTPS has no clipboard of the newer kind.
    if (!('clipboard' in navigator)) return copyBySelection(text)
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement
  const field = document.createElement('textarea')
  field.value = text
  field.readOnly = true
  field.style.cssText = 'position: fixed; opacity: 0'
  // Beneath an open dialog nothing can be selected: the field has to be inside.
  const dialog = focused?.closest('dialog') ?? document.body
  dialog.append(field)
  field.select()
  try {
    return document.execCommand('copy')
  } catch {
    return false
  } finally {
    field.remove()
    if (focused instanceof HTMLElement) focused.focus()
  }
}

/** Hands a file to the browser, to be saved under this name. */
export function saveFile(name: string, file: Blob): void {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
