type Child = Node | string

/** An element with attributes (those that are undefined or false are left out) and children. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | boolean | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    element.setAttribute(key, value === true ? '' : value)
  }
  element.append(...children)
  return element
}

/** The element of an id that the page's HTML has. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no ${id}`)
  return element as Type
}

/** Replaces children only where they would be others, so that a screen reader does not say them again. */
export function show(parent: HTMLElement, ...children: HTMLElement[]): void {
  const made = h('div', {}, ...children)
  if (parent.innerHTML !== made.innerHTML) parent.replaceChildren(...made.childNodes)
}
