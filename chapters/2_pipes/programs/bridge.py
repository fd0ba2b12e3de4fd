from multiprocessing import get_context


def work(conn):
    conn.send({"result": 42, "island": "child"})
    conn.close()


if __name__ == "__main__":
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    child = fork.Process(target=work, args=(theirs,))
    child.start()
    theirs.close()
    print("parent:", ours.recv())
    child.join()
