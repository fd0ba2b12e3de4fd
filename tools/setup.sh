#!/bin/sh
# setup.sh — installs what is missing, with the system's package manager.
#
# "Needed" is what grading takes; without it setup fails. "Extras" add to it
# (gdb for make X.debug, entr for make watch, linters for make test, libcrypto
# for handshake, redis and socat for harbour.bench); the ones that cannot be
# installed are named, and nothing else happens. No service is installed.
# Installs nothing that is there, and asks for sudo only to install.
set -u

# What a package brings, and how to see that it is there: a command, or a
# header that the compiler finds, a|b either of the two.
needed='gcc|clang objcopy addr2line make git libc.h cmocka.h'
extras='python3 gdb entr clang clang-format clang-tidy cppcheck shellcheck
        stress-ng setpriv patch sanitizers openssl/hmac.h ip socat
        redis-server|valkey-server|redis-check-rdb
        chromium|chromium-browser|google-chrome|firefox'

here() { # here THING: is it there?
    case $1 in
    *'|'*) here "${1%%|*}" || here "${1#*|}" ;;
    libc.h) has_header stdlib.h ;;
    sanitizers) has_sanitizers ;;
    *.h) has_header "$1" ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

has_header() { # quick where headers usually are, else ask the compiler
    [ -e "/usr/include/$1" ] || [ -e "/usr/local/include/$1" ] || {
        cc=$(command -v gcc || command -v clang) &&
            printf '%s\n' '#include <stdarg.h>' '#include <stddef.h>' \
                '#include <stdint.h>' '#include <setjmp.h>' \
                "#include <$1>" | "$cc" -E -x c - >/dev/null 2>&1
    }
}

# Address and undefined sanitizers come with gcc, except where they are
# packages of their own. musl has none, clang looks after itself.
has_sanitizers() {
    ! command -v gcc >/dev/null || [ -e /etc/alpine-release ] ||
        [ "$(gcc -print-file-name=libubsan.so)" != libubsan.so ]
}

missing() { # missing THINGS…: those that are not there
    for thing in "$@"; do
        here "$thing" || printf '%s ' "$thing"
    done
}

package() { # package THING: its name in this system's package manager
    case $manager:$1 in
    *:'gcc|clang') echo gcc ;;
    *:chromium*) echo chromium ;;
    *:objcopy | *:addr2line) echo binutils ;;
    apt:libc.h) echo libc6-dev ;;
    dnf:libc.h) echo glibc-devel ;;
    pacman:libc.h) echo glibc ;;
    apk:libc.h) echo musl-dev ;;
    apt:cmocka.h) echo libcmocka-dev ;;
    dnf:cmocka.h) echo libcmocka-devel ;;
    pacman:cmocka.h) echo cmocka ;;
    apk:cmocka.h) echo cmocka-dev ;;
    # Debian keeps redis-server, which is a service, apart from its program:
    # redis-check-rdb is the same one under another name.
    apt:redis-server*) echo redis-tools ;;
    pacman:redis-server*) echo valkey ;;
    *:redis-server*) echo redis ;;
    apt:openssl/hmac.h) echo libssl-dev ;;
    dnf:openssl/hmac.h) echo openssl-devel ;;
    apk:openssl/hmac.h) echo openssl-dev ;;
    *:openssl/hmac.h) echo openssl ;;
    dnf:ip) echo iproute ;;
    *:ip) echo iproute2 ;;
    pacman:python3) echo python ;;
    dnf:clang-format | dnf:clang-tidy) echo clang-tools-extra ;;
    pacman:clang-format | pacman:clang-tidy) echo clang ;;
    apk:clang-format | apk:clang-tidy) echo clang-extra-tools ;;
    dnf:shellcheck) echo ShellCheck ;;
    apk:setpriv) echo setpriv ;;
    dnf:sanitizers) printf '%s\n' libasan libubsan ;;
    *:sanitizers) echo gcc ;;
    *:setpriv) echo util-linux ;;
    *) echo "$1" ;;
    esac
}

packages() { # packages THINGS…: each package once
    for thing in "$@"; do
        package "$thing"
    done | sort -u | tr '\n' ' '
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "setup: installing needs root, and there is no sudo." \
            "Run as root: $*" >&2
        return 1
    fi
}

refresh() {
    case $manager in
    apt) as_root apt-get update -qq ;;
    pacman) as_root pacman -Sy --noconfirm >/dev/null ;;
    apk) as_root apk update -q ;;
    esac
}

install() { # install PACKAGES…
    case $manager in
    apt) as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
        --no-install-recommends "$@" >/dev/null ;;
    dnf) as_root dnf install -q -y "$@" ;;
    pacman) as_root pacman -S --needed --noconfirm "$@" >/dev/null ;;
    apk) as_root apk add -q "$@" ;;
    esac
}

list_needed() {
    cat <<'LIST'
Needed:  gcc or clang, binutils (objcopy, addr2line), make, git, the C
         library's headers, cmocka with its header (libcmocka-dev)
Extras:  python3, gdb, entr, clang, clang-format, clang-tidy, cppcheck,
         shellcheck, stress-ng, setpriv (util-linux), patch, libasan, libubsan,
         chromium, or another browser (for the pictures and their tests),
         libcrypto's headers (libssl-dev), ip (iproute2), redis, socat
LIST
}

if [ "$(uname -s)" != Linux ]; then
    echo "setup: this is $(uname -s). The course is about Linux's processes" \
        "and calls, and needs Linux." >&2
    echo "Open the folder in its dev container (.devcontainer/, with VS Code" \
        "or GitHub Codespaces): there everything is ready." >&2
    exit 1
fi

# The lists are split into words on purpose, here and below.
# shellcheck disable=SC2086
{
    lack=$(missing $needed)
    wish=$(missing $extras)
}
if [ -z "$lack$wish" ]; then
    echo "setup: everything is here."
    exit 0
fi

manager=
for try in apt-get:apt dnf:dnf pacman:pacman apk:apk; do
    if command -v "${try%:*}" >/dev/null 2>&1; then
        manager=${try#*:}
        break
    fi
done
if [ -z "$manager" ]; then
    echo "setup: I do not know this system's package manager." >&2
    echo "Missing here: $lack$wish" >&2
    list_needed >&2
    # Without the extras the course still works.
    [ -z "$lack" ]
    exit
fi

# Extras are not worth a password, nor a failure.
if [ -z "$lack" ] && [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    echo "setup: everything needed is here. Not here, and not needed: $wish"
    exit 0
fi

# shellcheck disable=SC2046,SC2086
{
    echo "setup: installing $(packages $lack $wish)"
    refresh || echo "setup: the list of packages could not be refreshed" >&2
    # One call for everything is quick; one by one finds what does not exist.
    install $(packages $lack $wish) 2>/dev/null ||
        for one in $(packages $lack) $(packages $wish); do
            install "$one" || true
        done
    lack=$(missing $needed)
    wish=$(missing $extras)
}
# What could not be built without them shall be tried again.
[ ! -d build ] || find build -name '*.o' -size 0 -exec rm -f {} + 2>/dev/null
if [ -n "$wish" ]; then
    echo "setup: could not install, and can do without: $wish"
fi
if [ -n "$lack" ]; then
    echo "setup: still missing, and needed: $lack" >&2
    list_needed >&2
    exit 1
fi
echo "setup: ready."
