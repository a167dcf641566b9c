import { storm } from '../../testing/stress/storm.ts'

/** `pnpm stress`: two minutes of blocking calls from many threads, with others that take the processor from them. */
const seconds = Number(process.argv[2] ?? 125)
const report = await storm({ seconds, clients: 12, burners: 2 })
console.log(`${seconds} s: ${JSON.stringify(report)}`)
