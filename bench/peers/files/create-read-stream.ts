// The textbook: node:http, a stat, and a stream that is piped. The yardstick.
import { createReadStream, stat } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const [folder = '.', port = '0'] = process.argv.slice(2)
const types: Record<string, string> = { '.txt': 'text/plain; charset=utf-8' }

createServer((request, response) => {
  const path = normalize(join(folder, new URL(request.url ?? '/', 'http://localhost').pathname))
  stat(path, (error, stats) => {
    if (error || !stats.isFile()) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': types[extname(path)] ?? 'application/octet-stream',
      'Content-Length': stats.size,
      'Last-Modified': stats.mtime.toUTCString(),
    })
    createReadStream(path).pipe(response)
  })
}).listen(Number(port), '127.0.0.1')
