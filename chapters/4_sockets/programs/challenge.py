"""challenge.py — what the two sides of a handshake send to each other."""
import hmac
import os
import socket
import threading
from multiprocessing.connection import Connection, answer_challenge

ours, theirs = socket.socketpair()
peer = Connection(theirs.detach())
threading.Thread(target=answer_challenge,
                 args=(peer, b"open sesame")).start()

text = os.urandom(20)
with Connection(ours.detach()) as conn:
    conn.send_bytes(b"#CHALLENGE#" + text)
    answer = conn.recv_bytes()
    print(len(answer), "bytes")
    print(answer == hmac.digest(b"open sesame", text, "md5"))
    conn.send_bytes(b"#WELCOME#")
