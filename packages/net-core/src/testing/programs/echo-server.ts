import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { listen } from '../../lib/listen.ts'

/** An echo server that says its address, and answers every line on stdin with what it has seen. */
const listener = await listen({ port: 0 })
void listener.serve(async (connection) => {
  for (let data = await connection.recv(); data; data = await connection.recv()) await connection.sendAll(data)
})
const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1])
console.log(JSON.stringify({ ...listener.address, limit, descriptors: readdirSync('/proc/self/fd').length - 1 }))
createInterface(process.stdin).on('line', () => {
  const descriptors = readdirSync('/proc/self/fd').length - 1
  console.log(JSON.stringify({ ...listener.stats, descriptors, rss: process.memoryUsage.rss() }))
})
