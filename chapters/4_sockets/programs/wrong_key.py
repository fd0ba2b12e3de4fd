"""wrong_key.py — Listener and Client, a key on each side."""
from multiprocessing import AuthenticationError, get_context
from multiprocessing.connection import Client, Listener


def call(address, key):
    try:
        with Client(address, authkey=key) as conn:
            print("child:", conn.recv())
    except AuthenticationError as error:
        print("child:", error)


def serve(listener):
    try:
        with listener.accept() as conn:
            conn.send("welcome ashore")
    except AuthenticationError as error:
        return error
    return "a friend"


if __name__ == "__main__":
    with Listener(authkey=b"open sesame") as listener:
        for key in (b"open sesame", b"open barley"):
            child = get_context("fork").Process(
                target=call, args=(listener.address, key))
            child.start()
            came = serve(listener)
            child.join()
            print("parent:", came)
