import os
import pickle
from multiprocessing import Pipe

reader, writer = Pipe(duplex=False)

writer.send_bytes(b"hello")
print(os.read(reader.fileno(), 100))

writer.send(42)
frame = os.read(reader.fileno(), 100)
print(frame[:4], frame[4:] == pickle.dumps(42))
