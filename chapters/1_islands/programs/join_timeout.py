import time
from multiprocessing import get_context

if __name__ == "__main__":
    child = get_context("fork").Process(target=time.sleep, args=(3600,))
    child.start()
    child.join(timeout=0.05)
    print(child.is_alive(), child.exitcode)
    child.terminate()
    child.join()
    print(child.is_alive(), child.exitcode)
