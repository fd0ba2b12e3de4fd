from multiprocessing import get_context
from queue import Empty, Full

if __name__ == "__main__":
    queue = get_context("fork").Queue(maxsize=1)
    try:
        queue.get(timeout=0.1)
    except Empty:
        print("empty")
    queue.put("one")
    try:
        queue.put("two", block=False)
    except Full:
        print("full")
    print(queue.get())
    queue.close()
