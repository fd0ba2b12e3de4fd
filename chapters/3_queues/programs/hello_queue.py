from multiprocessing import get_context


def produce(queue):
    for item in ("milk", "bread", "fire!"):
        queue.put(item)


if __name__ == "__main__":
    fork = get_context("fork")
    queue = fork.Queue()
    child = fork.Process(target=produce, args=(queue,))
    child.start()
    for _ in range(3):
        print("parent:", queue.get())
    child.join()
