import type { Spread } from './summary.ts'

/** A range plot: in each panel a row per peer, and in each row, per column, a bar from low to high with a dot at the median. */
export interface Plot {
  readonly title: string
  /** Small lines under the title: when, where, how often. */
  readonly notes: readonly string[]
  readonly columns: readonly PlotColumn[]
  readonly panels: readonly PlotPanel[]
}

export interface PlotColumn {
  readonly title: string
  /** Where the scale ends. It begins at zero; a row that lies beyond is shown as an arrow at the edge. */
  readonly max: number
  readonly step: number
  /** The line everything is compared with. */
  readonly mark: number
}

export interface PlotPanel {
  readonly title: string
  readonly rows: readonly PlotRow[]
}

export interface PlotRow {
  readonly label: string
  readonly hue: Hue
  readonly isStrong: boolean
  /** One for each column. */
  readonly cells: readonly PlotCell[]
}

export interface PlotCell {
  readonly spread: Spread
  /** The median in words, and what it is in units. */
  readonly value: string
  readonly detail: string
}

export type Hue = 'ink' | 'blue' | 'orange' | 'teal' | 'purple' | 'olive' | 'violet' | 'rose'

const light: Record<Hue | 'paper' | 'panel' | 'muted' | 'line' | 'mark', string> = {
  paper: '#fbfaf8',
  panel: '#ffffff',
  ink: '#1d2129',
  muted: '#626875',
  line: '#e6e3dd',
  mark: '#9a9da6',
  blue: '#1f63c4',
  orange: '#b85410',
  teal: '#0c7a74',
  purple: '#8a3fa8',
  olive: '#6b7014',
  violet: '#5b4fc9',
  rose: '#b83264',
}
const dark: typeof light = {
  paper: '#14161a',
  panel: '#1b1e24',
  ink: '#e9e7e2',
  muted: '#a1a6b1',
  line: '#2d323b',
  mark: '#747a87',
  blue: '#79aefc',
  orange: '#f0a267',
  teal: '#5fcabf',
  purple: '#d596f0',
  olive: '#c3c765',
  violet: '#aca4ff',
  rose: '#f590b4',
}

const WIDTH = 960
const MARGIN = 24
const LABEL = 192
const VALUE = 60
const DETAIL = 62
const GAP = 24
const ROW = 23
const PANEL_HEAD = 34
const PANEL_FOOT = 30
const PANEL_GAP = 14

/** Draws the plot as one SVG file that follows the reader's light or dark theme, also inside an `<img>`. */
export function draw(plot: Plot): string {
  const head = MARGIN + 26 + plot.notes.length * 18 + 14
  const heights = plot.panels.map(({ rows }) => PANEL_HEAD + rows.length * ROW + PANEL_FOOT)
  const height = head + heights.reduce((sum, h) => sum + h + PANEL_GAP, 0) - PANEL_GAP + MARGIN
  let top = head
  const panels = plot.panels.map((panel, i) => {
    const drawn = drawPanel(panel, plot.columns, top)
    top += (heights[i] as number) + PANEL_GAP
    return drawn
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(plot.title)}</title>`,
    `<desc id="desc">${escaped(describe(plot))}</desc>`,
    `<style>${style()}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}" rx="10"/>`,
    `<text class="ink title" x="${MARGIN}" y="${MARGIN + 14}">${escaped(plot.title)}</text>`,
    ...plot.notes.map(
      (note, i) => `<text class="muted note" x="${MARGIN}" y="${MARGIN + 36 + i * 18}">${escaped(note)}</text>`,
    ),
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel(panel: PlotPanel, columns: readonly PlotColumn[], top: number): string {
  const height = PANEL_HEAD + panel.rows.length * ROW + PANEL_FOOT
  const inside = WIDTH - 2 * MARGIN - 32 - LABEL
  const columnWidth = (inside - GAP * (columns.length - 1)) / columns.length
  const left = MARGIN + 16
  const rowY = (i: number): number => top + PANEL_HEAD + i * ROW + ROW / 2
  const parts = [
    `<rect class="panel" x="${MARGIN}" y="${top}" width="${WIDTH - 2 * MARGIN}" height="${height}" rx="6"/>`,
    `<text class="ink strong" x="${left}" y="${top + 22}">${escaped(panel.title)}</text>`,
    ...panel.rows.map(
      ({ label, isStrong }, i) =>
        `<text class="ink${isStrong ? ' strong' : ''}" x="${left}" y="${rowY(i) + 4.5}">${escaped(label)}</text>`,
    ),
  ]
  columns.forEach((column, c) => {
    const x = left + LABEL + c * (columnWidth + GAP)
    const axis: Axis = {
      ...column,
      x,
      width: columnWidth - VALUE - DETAIL,
      top: top + PANEL_HEAD,
      bottom: rowY(panel.rows.length) - ROW / 2,
    }
    parts.push(`<text class="muted" x="${x}" y="${top + 22}">${escaped(column.title)}</text>`, drawAxis(axis))
    const cells = panel.rows.map((row, i) => drawCell(row.cells[c] as PlotCell, row, axis, rowY(i), x + columnWidth))
    parts.push(...cells)
  })
  return parts.join('\n')
}

interface Axis extends PlotColumn {
  readonly x: number
  readonly width: number
  readonly top: number
  readonly bottom: number
}

function at(axis: Axis, value: number): number {
  return axis.x + (Math.min(value, axis.max) / axis.max) * axis.width
}

function drawAxis(axis: Axis): string {
  const ticks = Array.from({ length: Math.round(axis.max / axis.step) + 1 }, (_, i) => i * axis.step)
  return ticks
    .map((tick) => {
      const x = round(at(axis, tick))
      const name = tick === axis.mark ? 'mark' : 'line'
      const text = tick === 0 ? '0' : `${tick}×`
      return (
        `<line class="${name}" x1="${x}" y1="${axis.top}" x2="${x}" y2="${axis.bottom}"/>` +
        `<text class="muted tick" x="${x}" y="${axis.bottom + 16}">${text}</text>`
      )
    })
    .join('')
}

function drawCell({ spread, value, detail }: PlotCell, row: PlotRow, axis: Axis, y: number, right: number): string {
  const strong = row.isStrong ? ' strong' : ''
  const words =
    `<text class="ink value${strong}" x="${round(right - DETAIL)}" y="${y + 4.5}">${escaped(value)}</text>` +
    `<text class="muted value" x="${round(right)}" y="${y + 4.5}">${escaped(detail)}</text>`
  return drawRange(spread, row.hue, axis, y) + words
}

function drawRange({ median, low, high }: Spread, hue: Hue, axis: Axis, y: number): string {
  const from = round(at(axis, low))
  const end = axis.x + axis.width
  // A line from zero leads the eye from the label to the dot.
  const lead = `<line class="line" x1="${axis.x}" y1="${y}" x2="${from}" y2="${y}"/>`
  if (median > axis.max) {
    const tip = `M${end - 9} ${y - 5.5}L${end} ${y}L${end - 9} ${y + 5.5}Z`
    return `<line class="line" x1="${axis.x}" y1="${y}" x2="${end - 9}" y2="${y}"/><path class="${hue}" d="${tip}"/>`
  }
  const width = Math.max(round(at(axis, high)) - from, 1)
  return (
    `${lead}<rect class="${hue} range" x="${from}" y="${y - 4}" width="${round(width)}" height="8" rx="4"/>` +
    `<circle class="${hue} dot" cx="${round(at(axis, median))}" cy="${y}" r="4.5"/>`
  )
}

/** The whole plot in words, for who does not see it. */
function describe({ notes, columns, panels }: Plot): string {
  const said = panels.map(({ title, rows }) => {
    const words = rows.map(({ label, cells }) => {
      const values = cells.map(({ value, detail }, i) => `${columns[i]?.title ?? ''} ${value} (${detail})`)
      return `${label}: ${values.join(', ')}`
    })
    return `${title}. ${words.join('; ')}.`
  })
  return `${notes.join('. ')}. ${said.join(' ')}`
}

function style(): string {
  return [
    "text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}",
    '.title{font-size:18px;font-weight:650}.note{font-size:12px}.strong{font-weight:650}',
    '.tick{font-size:11px;text-anchor:middle}.value{text-anchor:end}.range{opacity:.38}',
    'line{stroke-width:1;shape-rendering:crispEdges}.mark{stroke-width:1.5;stroke-dasharray:4 3}.dot{stroke-width:1.5}',
    colours(light),
    `@media (prefers-color-scheme:dark){${colours(dark)}}`,
  ].join('\n')
}

function colours(theme: typeof light): string {
  const { line, mark, panel, ...fills } = theme
  const rules = Object.entries(fills).map(([name, colour]) => `.${name}{fill:${colour}}`)
  return `${rules.join('')}.panel{fill:${panel};stroke:${line}}.dot{stroke:${panel}}.line{stroke:${line}}.mark{stroke:${mark}}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
