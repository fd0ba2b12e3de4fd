from multiprocessing import get_context


def add(counter):
    for _ in range(1000):
        with counter.get_lock():
            counter.value += 1


if __name__ == "__main__":
    fork = get_context("fork")
    counter = fork.Value("l", 0)
    children = [fork.Process(target=add, args=(counter,)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(counter.value)
