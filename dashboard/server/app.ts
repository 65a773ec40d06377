import { type ErrorCode, PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { ErrorLog } from '../log.ts'
import { type ApiDeps, apiRoutes } from './api.ts'
import type { Asset, Assets } from './assets.ts'
import { PAGES, type PageLinks, pageHtml } from './html.ts'

export interface AppDeps extends ApiDeps {
  assets: Assets
  links: PageLinks
  log: ErrorLog
}

const STATUS: Partial<Record<ErrorCode, 400 | 503>> = {
  REQUEST_INVALID: 400,
  REPORTS_MISSING: 503,
  REPORTS_UNAVAILABLE: 503,
  FOLLOW_UNAVAILABLE: 503,
}

function send({ type, data, gzip }: Asset, accepts: string | undefined): Response {
  const zipped = /\bgzip\b/.test(accepts ?? '')
  return new Response((zipped ? gzip : data) as Uint8Array<ArrayBuffer>, {
    headers: {
      'Content-Type': type,
      // The name changes with the contents.
      'Cache-Control': 'public, max-age=31536000, immutable',
      Vary: 'Accept-Encoding',
      ...(zipped ? { 'Content-Encoding': 'gzip' } : {}),
    },
  })
}

/** The page and what it asks for. Knows no runtime: `fetch` answers a request. */
export function createApp({ assets, links, log, ...api }: AppDeps): Hono {
  const app = new Hono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Charts place their tooltips with styles of their own.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: 'same-origin',
    }),
  )
  app.use(async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next()
    c.header('Allow', 'GET, HEAD')
    return c.json(safeError(new PipelineError('REQUEST_INVALID', { expected: 'GET' })), 405)
  })
  for (const page of PAGES) {
    app.get(page.path, (c) => {
      c.header('Cache-Control', 'no-cache')
      return c.html(pageHtml(page, assets, links))
    })
  }
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/assets/:name', (c) => {
    const asset = assets.files.get(c.req.param('name'))
    return asset ? send(asset, c.req.header('Accept-Encoding')) : c.notFound()
  })
  app.route('/api', apiRoutes(api))
  app.notFound((c) => c.json({ code: 'REQUEST_INVALID', message: 'there is no such page' }, 404))
  app.onError((error, c) => {
    const status = error instanceof PipelineError ? (STATUS[error.code] ?? 500) : 500
    if (status !== 400) log.error({ path: c.req.path, error: safeError(error) }, 'request failed')
    c.header('Cache-Control', 'no-store')
    return c.json(safeError(error), status)
  })
  return app
}
