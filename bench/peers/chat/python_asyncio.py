"""The room as asyncio's own examples have it: a protocol for each client, and a write to each for each line."""

import asyncio
import sys

QUEUE = 256 * 1024
clients = set()


class Member(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.begun = b''
        clients.add(transport)

    def data_received(self, data):
        *lines, self.begun = (self.begun + data).split(b'\n')
        for line in lines:
            message = line + b'\n'
            for each in list(clients):
                if each.get_write_buffer_size() > QUEUE:
                    each.abort()
                else:
                    each.write(message)

    def connection_lost(self, error):
        clients.discard(self.transport)


async def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = await asyncio.get_running_loop().create_server(Member, '127.0.0.1', port, backlog=511)
    print('Waiting for connections on %s:%d' % server.sockets[0].getsockname(), flush=True)
    await server.serve_forever()


asyncio.run(main())
