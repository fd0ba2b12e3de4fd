from subprocess import PIPE, Popen

yes = Popen(["yes"], stdout=PIPE)
head = Popen(["head", "-n", "1"], stdin=yes.stdout, stdout=PIPE)
yes.stdout.close()  # or yes would never hear that head has left
print(head.communicate()[0])
print(yes.wait(), head.returncode)
