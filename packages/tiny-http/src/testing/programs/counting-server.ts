/** A server whose answers say which they are, for the fuzzer: each answer of its handler has another X-Id. */
import { type Request, Response } from '../../server/message.ts'
import { serve } from '../../server/server.ts'

let answers = 0

function answer(request: Request): Response | Promise<Response> {
  answers += 1
  const headers = { 'X-Id': `${answers}`, 'X-Method': request.method }
  if (request.method === 'POST') return request.text().then((body) => new Response(body, { headers }))
  return new Response(`${request.method} ${request.target} ${request.url.length} ${[...request.headers].length}`, {
    headers,
  })
}

const server = await serve(answer, { limits: { bodyBytes: 1 << 20 } })
console.log(`Waiting for connections on 127.0.0.1:${server.address.port}`)
