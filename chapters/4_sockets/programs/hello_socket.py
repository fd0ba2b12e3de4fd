"""hello_socket.py — a child connects to its parent, and sends a text."""
import socket
from multiprocessing import get_context
from tempfile import TemporaryDirectory


def call(path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        sock.sendall(b"hello from the child")


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        path = folder + "/harbour"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            child = get_context("fork").Process(target=call, args=(path,))
            child.start()
            connection, _ = listener.accept()
            with connection:
                print("parent:", connection.recv(100).decode())
            child.join()
