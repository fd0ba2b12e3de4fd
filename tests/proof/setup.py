"""setup — tools/setup.sh on machines that are not this one.

The machines are made of links: a PATH with a few commands, and a package
manager that writes down what it was asked for.
"""
import shutil

from .run import Case
from .shell import ROOT, Fail, environment, must, run, temporary

TOOLS = ["sh", "sort", "tr", "cat", "env"]
NEEDED = ["gcc", "objcopy", "addr2line", "make", "git"]
EXTRAS = ["python3", "gdb", "entr", "clang", "clang-format", "clang-tidy",
          "cppcheck", "shellcheck", "stress-ng", "setpriv", "patch",
          "chromium", "ip", "socat", "redis-server"]
MANAGERS = ["apt-get", "dnf", "pacman", "apk"]


def script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def machine(name, have, managers=(), system="Linux", user="0"):
    """A folder to be the PATH; what is installed lands in it as a file."""
    path = temporary(f"setup.{name}")
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))
    for tool in have:
        if tool == "gcc":
            (path / tool).symlink_to(shutil.which("gcc"))
        else:
            script(path / tool, "exit 0\n")
    script(path / "uname", f"echo {system}\n")
    script(path / "id", f"echo {user}\n")
    for tool in managers:
        # The manager notes how it was called, and brings what it can name.
        script(path / tool, f'''echo "{tool} $*" >>"{path}/log"
for word; do
    case $word in
    binutils) : >"{path}/objcopy"; : >"{path}/addr2line" ;;
    [a-z]*) [ -e "{path}/$word" ] || : >"{path}/$word" ;;
    esac
done
/bin/chmod +x "{path}"/* 2>/dev/null
exit 0
''')
    return path


def setup(path):
    ran = run(shutil.which("sh"), ROOT / "tools" / "setup.sh",
              env=environment(PATH=str(path)))
    log = path / "log"
    return ran, log.read_text() if log.exists() else ""


def says(ran, *words):
    for word in words:
        if word not in ran.out:
            raise Fail(f"it does not say “{word}”:\n{ran}")


def nothing_missing():
    path = machine("full", NEEDED + EXTRAS, MANAGERS)
    ran, log = setup(path)
    must(ran)
    if log:
        raise Fail(f"nothing is missing, and it ran {log}")
    says(ran, "everything is here")
    if ran.seconds > 0.5:
        raise Fail(f"took {ran.seconds:.2f} s to see that all is there")


def installs(manager):
    have = [t for t in NEEDED if t not in ("objcopy", "addr2line")]
    path = machine(manager, have + EXTRAS, [manager])
    ran, log = setup(path)
    must(ran)
    install = [line for line in log.splitlines() if "binutils" in line]
    if len(install) != 1:
        raise Fail(f"binutils should be installed once:\n{log}")
    for tool in ("git", "gdb", "entr"):
        if tool in install[0].split():
            raise Fail(f"{tool} is there and is installed again:\n{log}")


def no_service(manager):
    """Redis for the bench, but nothing that starts by itself."""
    have = [t for t in EXTRAS if t not in ("redis-server", "socat", "ip")]
    path = machine(f"redis.{manager}", NEEDED + have, [manager])
    ran, log = setup(path)
    must(ran)
    asked = log.split()
    if "socat" not in asked or not any("redis" in word or "valkey" in word
                                       for word in asked):
        raise Fail(f"redis and socat should be installed:\n{log}")
    if "redis-server" in asked:
        raise Fail(f"that package starts a service:\n{log}")
    if not any(word.startswith("iproute") for word in asked):
        raise Fail(f"ip should be installed:\n{log}")


def without_root():
    have = [t for t in NEEDED if t not in ("objcopy", "addr2line")]
    path = machine("sudo", have + EXTRAS, ["apt-get"], user="1000")
    ran, log = setup(path)
    must(ran, None)
    if log:
        raise Fail(f"not root, no sudo, and it ran {log}")
    script(path / "sudo", f'echo "sudo $*" >>"{path}/log"\nexec "$@"\n')
    ran, log = setup(path)
    must(ran)
    if "sudo apt-get" not in log and "sudo env" not in log:
        raise Fail(f"sudo was not asked:\n{ran}\n{log}")


def extras_may_fail():
    path = machine("extras", NEEDED, ["apt-get"])
    script(path / "apt-get", "exit 100\n")
    ran, _ = setup(path)
    must(ran)
    says(ran, "can do without", "gdb", "shellcheck")


def needed_may_not():
    path = machine("needed", EXTRAS + ["gcc"], ["apt-get"])
    script(path / "apt-get", "exit 100\n")
    ran, _ = setup(path)
    must(ran, 1)
    says(ran, "git", "make", "libcmocka-dev")


def unknown_system():
    path = machine("unknown", ["gcc", "git"])
    ran, _ = setup(path)
    must(ran, 1)
    says(ran, "Needed", "cmocka", "objcopy", "gdb")


def not_linux():
    path = machine("darwin", NEEDED + EXTRAS, system="Darwin")
    ran, _ = setup(path)
    must(ran, 1)
    says(ran, "Darwin", "dev container")
    if not (ROOT / ".devcontainer" / "devcontainer.json").exists():
        raise Fail("there is no dev container to point to")


def cases():
    yield Case("installs nothing that is there", nothing_missing)
    for manager in MANAGERS:
        yield Case(f"installs what is missing with {manager}", installs,
                   manager)
    for manager in MANAGERS:
        yield Case(f"installs no service with {manager}", no_service, manager)
    yield Case("asks for sudo only to install", without_root)
    yield Case("does without extras", extras_may_fail)
    yield Case("does not do without what is needed", needed_may_not)
    yield Case("lists what is needed on an unknown system", unknown_system)
    yield Case("points to the dev container elsewhere", not_linux)
