import { setFlagsFromString } from 'node:v8'
import { formatAddress, listen } from '@fund/net-core'
import { type Language, say, UsageError } from '@fund/net-core/program'
import { messages } from '../messages.ts'
import { type ChatCall, KEEP_ALIVE_MS } from '../options.ts'
import type { Bus } from './bus.ts'
import { classroom, type Limits, readFlood, strangers } from './limits.ts'
import { metricsPage } from './metrics.ts'
import { listenForMetrics } from './metrics-listener.ts'
import type { Room } from './room.ts'
import { serveRoom } from './serve.ts'

/** `fund-minichat --model tasks`: the room to leave running. */
export async function serveTasks(call: ChatCall): Promise<void> {
  // What a client leaves behind when it comes is soon garbage. Left alone, V8 makes more and more room for garbage, by now
  // 3 KB for each of ten thousand silent clients, and never gives it back. Measured: it costs no CPU to keep it small.
  setFlagsFromString('--semi-space-growth-factor=1')
  const { host, port, language, options, signal, print } = call
  const limits = readLimits(call)
  const metricsPort = readMetricsPort(call)
  const bus = options.bus === undefined ? undefined : await openBus(options.bus, language)
  await using listener = await listen({ host, port, keepAlive: KEEP_ALIVE_MS })
  let room: Room | undefined
  const page = (): string => (room ? metricsPage(room.metrics, room.now) : '')
  const metrics =
    metricsPort === undefined ? undefined : await listenForMetrics({ host: '127.0.0.1', port: metricsPort }, page)
  if (metrics) print(`${say(messages.metricsAt, language, { address: formatAddress(metrics.address) })}\n`)
  const onOpen = (opened: Room): void => {
    room = opened
  }
  const hasNames = options.names || options.public
  try {
    await serveRoom(listener, { limits, language, hasNames, bus, signal, onOpen })
  } finally {
    await metrics?.close()
  }
}

/** Loaded only where it is asked for: what it needs may not be installed. */
async function openBus(url: string, language: Language): Promise<Bus> {
  const { openRedisBus } = await import('./redis-bus.ts')
  return openRedisBus(url, { language })
}

function readLimits({ options, language }: ChatCall): Limits {
  const preset = options.public ? strangers : classroom
  if (options.flood === undefined) return preset
  const read = readFlood(options.flood)
  if (!read) throw new UsageError(say(messages['usage.flood'], language, { word: options.flood }), language)
  return { ...preset, flood: read.flood }
}

function readMetricsPort({ options, language }: ChatCall): number | undefined {
  const word = options.metrics
  if (word === undefined) return undefined
  if (/^\d{1,5}$/.test(word) && Number(word) <= 65_535) return Number(word)
  throw new UsageError(say(messages['usage.metrics'], language, { word }), language)
}
