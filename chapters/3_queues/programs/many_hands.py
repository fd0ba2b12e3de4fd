from multiprocessing import get_context


def work(jobs, results):
    for job in iter(jobs.get, None):
        results.put(job * job)


if __name__ == "__main__":
    fork = get_context("fork")
    jobs, results = fork.Queue(maxsize=4), fork.Queue()
    hands = [fork.Process(target=work, args=(jobs, results)) for _ in "ab"]
    for hand in hands:
        hand.start()
    for job in range(10):
        jobs.put(job)
    for _ in hands:
        jobs.put(None)
    print("sum of squares:", sum(results.get() for _ in range(10)))
    for hand in hands:
        hand.join()
