from multiprocessing import Pipe

reader, writer = Pipe(duplex=False)
try:
    reader.send_bytes(b"the wrong way")
except OSError as error:
    print("OSError:", error)

writer.send_bytes(b"last words")
writer.close()
print(reader.recv_bytes(), reader.poll(0))
try:
    reader.recv_bytes()
except EOFError:
    print("EOFError")

reader, writer = Pipe(duplex=False)
reader.close()
try:
    writer.send_bytes(b"hello")
except BrokenPipeError:
    print("BrokenPipeError")
