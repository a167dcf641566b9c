import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Leaving } from './member.ts'

/** Why somebody who wanted in was refused. */
export type Refusal = 'address' | 'token'

/** What a room counts. Counting costs an addition; the page is made when somebody asks. */
export class Metrics {
  /** Who came, since the start. */
  joined = 0
  /** Lines that members said here, and lines that came to be given out, from all servers. */
  linesHeard = 0
  linesGiven = 0
  /** Lines times the members who took them. */
  deliveries = 0
  bytesGiven = 0
  /** Lines that had to wait because their member said too much. */
  linesHeldBack = 0
  linesRefused = 0
  readonly left: Record<Leaving, number> = { bye: 0, eof: 0, lost: 0, slow: 0, flood: 0, endless: 0 }
  readonly refused: Record<Refusal, number> = { address: 0, token: 0 }
  #delay: ReturnType<typeof monitorEventLoopDelay> | undefined

  /** How late the event loop is, in seconds, since the last look. Watched from the first look on. */
  takeDelay(): { readonly p50: number; readonly p99: number; readonly max: number } {
    if (!this.#delay) {
      this.#delay = monitorEventLoopDelay({ resolution: 10 })
      this.#delay.enable()
    }
    const delay = this.#delay
    const seconds = (nanoseconds: number): number => (delay.count === 0 ? 0 : nanoseconds / 1e9)
    const figures = { p50: seconds(delay.percentile(50)), p99: seconds(delay.percentile(99)), max: seconds(delay.max) }
    delay.reset()
    return figures
  }
}

/** What is known only at the moment somebody asks. */
export interface MetricsNow {
  readonly clients: number
  readonly behind: number
  readonly queuedBytes: number
  readonly isSplit: boolean
  /** What the bus counts, by names in snake_case. */
  readonly bus: Readonly<Record<string, number>>
}

/** The page, as Prometheus reads it: version 0.0.4 of its text format. */
export function metricsPage(metrics: Metrics, now: MetricsNow): string {
  const delay = metrics.takeDelay()
  return [
    family('minichat_clients', 'gauge', 'Members of this server.', { '': now.clients }),
    family('minichat_clients_behind', 'gauge', 'Members for whom something waits.', { '': now.behind }),
    family('minichat_queue_bytes', 'gauge', 'Bytes that wait for members.', { '': now.queuedBytes }),
    family('minichat_room_split', 'gauge', '1 while other servers cannot be reached.', { '': Number(now.isSplit) }),
    family('minichat_joined_total', 'counter', 'Members who came.', { '': metrics.joined }),
    family('minichat_left_total', 'counter', 'Members who left, by how.', labelled('how', metrics.left)),
    family('minichat_refused_total', 'counter', 'Refused, by why.', labelled('why', metrics.refused)),
    family('minichat_lines_heard_total', 'counter', 'Lines said by members here.', { '': metrics.linesHeard }),
    family('minichat_lines_given_total', 'counter', 'Lines given out here.', { '': metrics.linesGiven }),
    family('minichat_lines_held_back_total', 'counter', 'Lines that had to wait.', { '': metrics.linesHeldBack }),
    family('minichat_lines_refused_total', 'counter', 'Lines that were too long.', { '': metrics.linesRefused }),
    family('minichat_deliveries_total', 'counter', 'Lines times receivers.', { '': metrics.deliveries }),
    family('minichat_given_bytes_total', 'counter', 'Bytes given to members.', { '': metrics.bytesGiven }),
    family('minichat_event_loop_delay_seconds', 'gauge', 'How late the event loop was since the last look.', {
      '{quantile="0.5"}': delay.p50,
      '{quantile="0.99"}': delay.p99,
      '{quantile="1"}': delay.max,
    }),
    ...Object.entries(now.bus).map(([name, count]) =>
      family(`minichat_${name}`, name.endsWith('_total') ? 'counter' : 'gauge', 'Of the bus.', { '': count }),
    ),
    family('process_resident_memory_bytes', 'gauge', 'Resident memory.', { '': process.memoryUsage.rss() }),
  ].join('')
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([value, count]) => [`{${label}="${value}"}`, count]))
}

function family(name: string, type: string, help: string, samples: Readonly<Record<string, number>>): string {
  const lines = Object.entries(samples).map(([labels, value]) => `${name}${labels} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}
