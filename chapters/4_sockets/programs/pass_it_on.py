"""pass_it_on.py — a descriptor goes through a socket."""
import os
import socket

ours, theirs = socket.socketpair()
reader, writer = os.pipe()
tag = b"a pipe"
socket.send_fds(ours, [bytes([len(tag)]) + tag], [reader])
os.close(reader)
os.write(writer, b"still open")

message, fds, _, _ = socket.recv_fds(theirs, 256, 1)
print(message[1:], os.read(fds[0], 100))
