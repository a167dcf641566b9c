"""The textbook room: a thread for each client, a list under a lock, and sendall to each of a copy of the list."""

import socket
import sys
from threading import Lock, Thread

clients = []
lock = Lock()


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with lock:
        clients.append(connection)
    try:
        for line in connection.makefile('rb'):
            with lock:
                copy = list(clients)
            for each in copy:
                try:
                    each.sendall(line)
                except OSError:
                    pass
    except OSError:
        pass
    with lock:
        clients.remove(connection)
    connection.close()


server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 0))
server.listen(511)
print('Waiting for connections on %s:%d' % server.getsockname(), flush=True)
while True:
    connection, address = server.accept()
    Thread(target=serve, args=(connection,), daemon=True).start()
