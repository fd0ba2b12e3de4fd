from multiprocessing.connection import Connection

with Connection(0) as conn:  # standard input is the socket
    for message in (b"desserts", b"", b"\0\1"):
        conn.send_bytes(message)
        print(conn.recv_bytes())
