import { listen } from '../../lib/listen.ts'
import { NetError } from '../../lib/net-error.ts'

/** Listens on the port it is given, and says how that went. */
try {
  const listener = await listen({ port: Number(process.argv[2]) })
  console.log(JSON.stringify({ listens: true }))
  await listener.close()
} catch (error) {
  if (!(error instanceof NetError)) throw error
  const { code, message, hint } = error
  console.log(JSON.stringify({ code, message, hint }))
}
