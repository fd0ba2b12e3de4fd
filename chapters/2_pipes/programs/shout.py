from multiprocessing.connection import Connection

with Connection(0) as conn:  # standard input is the socket
    try:
        while True:
            conn.send_bytes(conn.recv_bytes().upper())
    except EOFError:
        pass
