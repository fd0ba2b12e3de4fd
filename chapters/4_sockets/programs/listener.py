"""listener.py — says where it listens, and shouts one message back."""
from multiprocessing.connection import Listener

with Listener(("127.0.0.1", 0), authkey=b"open sesame") as listener:
    print("tcp:%s:%d" % listener.address, flush=True)
    with listener.accept() as conn:
        conn.send_bytes(conn.recv_bytes().upper())
