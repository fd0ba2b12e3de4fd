import os
from multiprocessing import TimeoutError, get_context


def fall_over():
    os._exit(1)


if __name__ == "__main__":
    with get_context("fork").Pool(1) as pool:
        lost = pool.apply_async(fall_over)
        print(pool.apply(abs, (-42,)))
        try:
            lost.get(timeout=0.5)
        except TimeoutError:
            print("the new worker knows nothing of the old one's task")
