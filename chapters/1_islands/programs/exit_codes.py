import os
import signal
from multiprocessing import get_context


def end(how):
    if how == 0:
        raise SystemExit(3)
    if how == 1:
        raise SystemExit(263)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    for how in range(3):
        child = get_context("fork").Process(target=end, args=(how,))
        child.start()
        child.join()
        print(child.exitcode)
