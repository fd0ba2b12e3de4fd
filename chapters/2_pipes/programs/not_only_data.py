from multiprocessing import Pipe


class Parcel:
    def __reduce__(self):
        return print, ("the receiver runs what the sender has chosen",)


reader, writer = Pipe(duplex=False)
writer.send(Parcel())
print("received:", reader.recv())
