import { connect, listen, NetError } from '../../blocking.ts'

/** Says "oi" to itself over a socket, and how a connection to nobody fails. */
const listener = listen({ port: 0 })
const client = connect(listener.address)
const connection = listener.accept()
client.sendAll('oi\n')
const heard = String(connection.recv())
client.closeWrite()
const end = connection.recv()
connection.close()
client.close()
listener.close()
try {
  connect(listener.address)
} catch (error) {
  if (!(error instanceof NetError)) throw error
  console.log(JSON.stringify({ heard, end, code: error.code }))
}
