"""asyncio, with the fastest of its three faces for each event loop.

asyncio's own loop runs a BufferedProtocol here: a plain Protocol, and the streams above it, take a fresh 256 KiB buffer
from the allocator for every recv and cost about four times as much CPU. uvloop (--uvloop) has no such buffer and is
fastest with a plain Protocol.
"""

import asyncio
import sys


class Bounded:
    def connection_made(self, transport):
        self.transport = transport

    # A peer that does not read is not read from either, so that what is queued for it stays bounded.
    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


class Echo(Bounded, asyncio.Protocol):
    def data_received(self, data):
        self.transport.write(data)


class BufferedEcho(Bounded, asyncio.BufferedProtocol):
    # One for all connections: a selector loop fills it and calls buffer_updated with nothing in between.
    room = memoryview(bytearray(65536))

    def get_buffer(self, sizehint):
        return self.room

    def buffer_updated(self, count):
        self.transport.write(bytes(self.room[:count]))


async def main(protocol, port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, '127.0.0.1', port, backlog=511)
    print('Waiting for connections on %s:%d' % server.sockets[0].getsockname()[:2], flush=True)
    await server.serve_forever()


words = [word for word in sys.argv[1:] if word != '--uvloop']
port = int(words[0]) if words else 0
if '--uvloop' in sys.argv:
    import uvloop

    uvloop.install()
    asyncio.run(main(Echo, port))
else:
    asyncio.run(main(BufferedEcho, port))
