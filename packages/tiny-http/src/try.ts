import { Response, serve } from './server.ts'

const server = await serve(
  async (r) =>
    r.method === 'POST'
      ? new Response(await r.text())
      : r.target === '/s'
        ? new Response(
            (async function* () {
              for (let i = 0; i < 3; i++) yield Buffer.from(`n${i}\n`)
            })(),
          )
        : new Response('Olá, mundo\n'),
  { port: Number(process.argv[2] ?? 0) },
)
console.log(server.url)
