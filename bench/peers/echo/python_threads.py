"""The textbook server: a thread for each client, which blocks in recv and in sendall.

One line is not in the textbook: TCP_NODELAY. Without it a 16 KiB message, read and sent back in four pieces, waits
about 40 ms at each turn (the kernel keeps the second piece until the first is acknowledged, and the peer delays that),
and the measurement would be of that wait and not of Python.
"""

import socket
import sys
from threading import Thread


def echo(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        while True:
            message = connection.recv(4096)
            if not message:
                break
            connection.sendall(message)


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen()
print('Waiting for connections on %s:%d' % server.getsockname(), flush=True)
while True:
    connection, address = server.accept()
    Thread(target=echo, args=(connection,), daemon=True).start()
