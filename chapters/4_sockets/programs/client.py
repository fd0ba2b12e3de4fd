"""client.py — calls tcp:HOST:PORT, and prints what comes back."""
import sys
from multiprocessing.connection import Client

_, host, port = sys.argv[1].split(":")
with Client((host, int(port)), authkey=b"open sesame") as conn:
    for message in (b"stressed", b"", b"\0\1"):
        conn.send_bytes(message)
        print(conn.recv_bytes(), flush=True)
