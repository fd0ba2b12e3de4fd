import errno
import subprocess

try:
    subprocess.Popen(["no_such_program"])
except OSError as error:
    print(errno.errorcode[error.errno])
