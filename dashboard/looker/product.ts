/**
 * The product and where it is. It was Data Studio, then Looker Studio, and is on its way back: addresses of the old
 * host are redirected. Its next name and host are changed here, once.
 */
export const STUDIO = { name: 'Looker Studio', host: 'lookerstudio.google.com' } as const
