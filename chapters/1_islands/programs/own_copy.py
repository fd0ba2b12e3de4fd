from multiprocessing import get_context

result = 0


def work():
    global result
    result = 42
    print("child:  result =", result)


if __name__ == "__main__":
    child = get_context("fork").Process(target=work)
    child.start()
    child.join()
    print("parent: result =", result)
