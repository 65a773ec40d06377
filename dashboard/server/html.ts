import { catalog } from '@pipeline/hospital/catalog.ts'
import { html, raw } from 'hono/html'
import type { Assets } from './assets.ts'

export const PAGES = [
  { path: '/', id: 'reports', title: 'Reports' },
  { path: '/doctors', id: 'doctors', title: 'Doctors' },
  { path: '/journey', id: 'journey', title: 'Patient journey' },
  { path: '/pipeline', id: 'pipeline', title: 'Pipeline' },
] as const
export type Page = (typeof PAGES)[number]

/** Where else the same numbers can be seen. */
export interface PageLinks {
  looker: readonly { name: string; url: string }[]
}

type Html = ReturnType<typeof html>

const filters = html`<form class="filters" id="filters" aria-label="What to show" autocomplete="off">
  <label>From <input type="date" name="from" /></label>
  <label>To <input type="date" name="to" /></label>
  <label>Department <select name="department"><option value="">All departments</option></select></label>
  <label>Doctor <select name="doctor"><option value="">All doctors</option></select></label>
  <span class="quick" role="group" aria-label="Days">
    <button type="button" data-days="30">30 days</button>
    <button type="button" data-days="365">12 months</button>
    <button type="button" data-days="">All</button>
  </span>
  <button type="reset">Clear</button>
</form>`

const table = (
  title: string,
  note: string,
): Html => html`<section class="card wide" aria-labelledby="table-title">
  <header class="table-head">
    <div><h2 id="table-title">${title}</h2><p class="note">${note}</p></div>
    <label class="search">Search <input type="search" id="search" autocomplete="off" /></label>
    <a class="button" id="csv" download>CSV</a>
  </header>
  <div class="scroll" tabindex="0" role="region" aria-label="Rows"><table id="rows"></table></div>
  <nav class="pages" id="pages" aria-label="Pages of the table"></nav>
</section>`

const follow = html`<section class="card wide" aria-labelledby="follow-title">
  <h2 id="follow-title">Follow a change</h2>
  <p class="note">The newest change of one row, from PostgreSQL to the reports. Row values are not shown.</p>
  <form id="follow" class="follow">
    <label>Table <select name="table">${catalog.map(({ name }) => html`<option>${name}</option>`)}</select></label>
    <label>Key <input name="key" required inputmode="numeric" pattern="[0-9]{1,19}" size="12" /></label>
    <button type="submit">Follow</button>
  </form>
  <div id="followed" aria-live="polite"></div>
</section>`

const bodies: Record<Page['id'], Html> = {
  reports: html`${filters}<div id="figures" class="figures"></div><div id="charts" class="charts"></div>`,
  doctors: html`${filters}${table('Doctor performance', 'Visits and prescriptions of the chosen days')}`,
  journey: html`${filters}${table('Patient journey', 'One row a visit. Patients have a code in place of a name.')}`,
  pipeline: html`<section class="card wide" aria-labelledby="hops-title">
      <h2 id="hops-title">The way of a change</h2>
      <ol id="hops" class="hops"></ol>
    </section>
    <section class="card wide" aria-labelledby="checks-title"><h2 id="checks-title">All checks</h2><div id="checks"></div></section>
    ${follow}`,
}

function lookerLinks({ looker }: PageLinks): Html | string {
  if (looker.length === 0) return ''
  return html`<section class="looker" aria-labelledby="looker-title"><h2 id="looker-title">In Looker Studio</h2>
    <ul>${looker.map(({ name, url }) => html`<li><a href="${url}" rel="noopener">${name}</a></li>`)}</ul></section>`
}

/** One page whole; its numbers come from the API. */
export function pageHtml(page: Page, { script, style }: Assets, links: PageLinks): Html {
  return html`${raw('<!doctype html>')}
<html lang="en" data-page="${page.id}">
<head>
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <meta name="color-scheme" content="light dark" />
  <title>${page.title} · Hospital</title>
  <link rel="icon" href="data:," />
  <link rel="stylesheet" href="/assets/${style}" />
  <script type="module" src="/assets/${script}"></script>
</head>
<body>
  <a class="skip" href="#main">Skip to the numbers</a>
  <header class="top">
    <p class="brand">Hospital</p>
    <nav aria-label="Pages"><ul>${PAGES.map(
      ({ path, title, id }) =>
        html`<li><a href="${path}" data-nav ${id === page.id ? raw('aria-current="page"') : ''}>${title}</a></li>`,
    )}</ul></nav>
  </header>
  <section class="trust" id="trust" data-state="unknown" aria-label="Can these numbers be trusted?">
    <p class="verdict" id="verdict" role="status">Looking at the pipeline</p>
    <ul class="facts" id="facts"></ul>
    <ul class="todos" id="todos"></ul>
  </section>
  <main id="main" tabindex="-1">
    <h1>${page.title}</h1>
    <p class="notice" id="notice" role="status" hidden></p>
    ${bodies[page.id]}
    ${page.id === 'reports' ? lookerLinks(links) : ''}
  </main>
  <footer><p>Amounts are in the hospital's currency. Patients are shown by code, never by name.</p></footer>
  <noscript>This page needs JavaScript to draw its charts.</noscript>
</body>
</html>`
}
