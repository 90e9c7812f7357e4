"""``python connection.py SOCKET``: stands for a worker, and ends when that does.

The worker has the standard streams of this process, and is who answers an interrupt.
"""

import signal
import socket
import sys
from contextlib import suppress

signal.signal(signal.SIGINT, signal.SIG_IGN)
with socket.socket(socket.AF_UNIX) as connection, suppress(ConnectionError):
    connection.connect(sys.argv[1])
    socket.send_fds(connection, [b"fork"], [0, 1, 2])
    connection.recv(1)
