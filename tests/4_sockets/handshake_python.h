/*
 * handshake_python.h — Python's multiprocessing.connection at the other end.
 *
 * The form of the challenge has changed with Python 3.12. The Python that is
 * installed speaks one of them: there its own Client and Listener are used.
 * In the other form speaks a stand-in, written after the description of the
 * protocol, over Python's own Connection.
 */
#ifndef HANDSHAKE_PYTHON_H
#define HANDSHAKE_PYTHON_H

#include <stdio.h>
#include <sys/un.h>

#include "handshake_peer.h"
#include "python.h"

/* argv: who, form, address, a descriptor for news, the key in hex. */
static const char python_script[] =
    "import hmac, os, socket, sys\n"
    "from multiprocessing import AuthenticationError\n"
    "from multiprocessing.connection import Client, Connection, Listener\n"
    "\n"
    "who, form, where, news, key = sys.argv[1:]\n"
    "key, news = bytes.fromhex(key), int(news)\n"
    "where = where if where.startswith('./') else ('127.0.0.1', int(where))\n"
    "family = 'AF_UNIX' if isinstance(where, str) else 'AF_INET'\n"
    "older = form == 'older'\n"
    "itself = older == (sys.version_info < (3, 12))\n"
    "\n"
    "def proof(key, text, bare):\n"
    "    if bare:\n"
    "        return hmac.digest(key, text, 'md5')\n"
    "    return b'{sha256}' + hmac.digest(key, text, 'sha256')\n"
    "\n"
    "def prove(conn, key):\n"
    "    said = conn.recv_bytes(256)\n"
    "    text = said[11:]\n"
    "    if not said.startswith(b'#CHALLENGE#') or len(text) < 20:\n"
    "        raise AuthenticationError(f'no challenge: {said!r}')\n"
    "    bare = older or len(text) == 20\n"
    "    if not bare and not text.startswith(b'{sha256}'):\n"
    "        raise AuthenticationError(f'no digest is named: {said!r}')\n"
    "    conn.send_bytes(proof(key, text, bare))\n"
    "    said = conn.recv_bytes(256)\n"
    "    if said != b'#WELCOME#':\n"
    "        raise AuthenticationError(f'{said!r} came as the verdict')\n"
    "\n"
    "def ask(conn, key):\n"
    "    text = os.urandom(20) if older else b'{sha256}' + os.urandom(40)\n"
    "    conn.send_bytes(b'#CHALLENGE#' + text)\n"
    "    said = conn.recv_bytes(256)\n"
    "    right = proof(key, text, older or len(said) == 16)\n"
    "    if not hmac.compare_digest(said, right):\n"
    "        conn.send_bytes(b'#FAILURE#')\n"
    "        raise AuthenticationError(f'the answer {said!r} is wrong')\n"
    "    conn.send_bytes(b'#WELCOME#')\n"
    "\n"
    "def connect(key):\n"
    "    if itself:\n"
    "        return Client(where, family, authkey=key)\n"
    "    sock = socket.socket(getattr(socket, family))\n"
    "    sock.connect(where)\n"
    "    conn = Connection(sock.detach())\n"
    "    prove(conn, key)\n"
    "    ask(conn, key)\n"
    "    return conn\n"
    "\n"
    "def accept(listener, key):\n"
    "    if itself:\n"
    "        return listener.accept()\n"
    "    conn = Connection(listener.accept()[0].detach())\n"
    "    ask(conn, key)\n"
    "    prove(conn, key)\n"
    "    return conn\n"
    "\n"
    "def listen():\n"
    "    if itself:\n"
    "        return Listener(where, family, authkey=key)\n"
    "    sock = socket.socket(getattr(socket, family))\n"
    "    sock.bind(where)\n"
    "    sock.listen()\n"
    "    return sock\n"
    "\n"
    "listener = listen() if who == 'listener' else None\n"
    "version = '%d.%d' % sys.version_info[:2]\n"
    "os.write(news, (f'Python {version} itself: the {form} form' if itself\n"
    "    else f'a stand-in for Python ' + ('before 3.12' if older else\n"
    "    'from 3.12 on') + f': the {form} form (python3 is {version})'\n"
    "    ).encode())\n"
    "os.close(news)\n"
    "\n"
    "def meet(key):\n"
    "    return accept(listener, key) if listener else connect(key)\n"
    "\n"
    "try:\n"
    "    meet(key if listener else key + b'!')\n"
    "    sys.exit('the two keys are not the same, and Python was let in')\n"
    "except AuthenticationError:\n"
    "    pass\n"
    "except (EOFError, OSError) as e:\n"
    "    sys.exit('the two keys are not the same: each side says #FAILURE#, '\n"
    "             f'or hears it; here the other side hung up ({e!r})')\n"
    "try:\n"
    "    conn = meet(key)\n"
    "except (AuthenticationError, EOFError, OSError) as e:\n"
    "    sys.exit(f'both know the key, and Python refuses: {e!r}')\n"
    "conn.send(['ahoy', 4, {}])\n"
    "if conn.recv() != ['ahoy', 4, {}]:\n"
    "    sys.exit('an object came back as another one')\n";

static pid_t python;

static void is_proved(const char *what)
{
    size_t used = strlen(page->proved);

    snprintf(page->proved + used, sizeof(page->proved) - used, "%s%s",
             used ? "\n" : "", what);
}

/* Start it, and say in the output whether it is itself. */
static void start_python(const char *who, const char *form, const char *where)
{
    char news[16], hex[64] = "", line[160] = "";
    int end[2];
    ssize_t n;

    if (pipe2(end, O_CLOEXEC) == -1)
        FAIL_TEST("the test itself needs a pipe");
    snprintf(news, sizeof(news), "%d", end[1]);
    for (size_t i = 0; i < the_key.len; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)the_key.bytes[i]);
    python =
        python_start(python_script, (const int[]){end[1], -1},
                     (const char *const[]){who, form, where, news, hex, NULL});
    close(end[1]);
    n = read(end[0], line, sizeof(line) - 1);
    close(end[0]);
    if (n <= 0)
        python_end(python);
    STEP("at the other end is %s", line);
    is_proved(line);
}

static struct sockaddr_un here = {.sun_family = AF_UNIX,
                                  .sun_path = "./python"};

/* Python's death must not be waited for in vain. */
static int accept_python(int door)
{
    struct pollfd ready = {.fd = door, .events = POLLIN};

    while (poll(&ready, 1, 20) == 0)
        if (gone(python))
            python_end(python);
    return accept4(door, NULL, NULL, SOCK_CLOEXEC);
}

static int connect_to_python(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&here, sizeof(here)) == -1)
        python_end(python);
    return fd;
}

/* What Python says last comes back to it, whole. */
static void echo(int fd)
{
    unsigned char bytes[300];
    size_t len = HEAD;

    for (size_t done = 0; done < len;) {
        ssize_t n = recv(fd, bytes + done, len - done, 0);
        CHECK(n > 0, "Python sends an object after the handshake: its first "
                     "byte is the first byte after \"#WELCOME#\"");
        done += (size_t)n;
        if (done == HEAD)
            len = HEAD + ((size_t)bytes[2] << 8 | bytes[3]);
        CHECK(len <= sizeof(bytes),
              "Python's object begins in the middle: read no byte more than "
              "the last message has");
    }
    send(fd, bytes, len, MSG_NOSIGNAL);
}

static void meets_python(const struct side *side, int door)
{
    struct key wrong = {"open\0sesame\376", 12};

    for (int right = 0; right < 2; right++) {
        struct key key = side == &connects && !right ? wrong : the_key;
        int fd = door == -1 ? connect_to_python() : accept_python(door);
        STEP("%s, with %s key", side->name, right ? "the right" : "a wrong");
        IF_STUCK(STUCK_WAITING);
        errno = 0;
        int rc = side->call(fd, key.bytes, key.len), error = errno;
        if (right && rc == 0)
            echo(fd);
        close(fd);
        errno = error;
        if (right)
            CHECK_EQ(rc, 0, "Python knows the key, and so do we");
        else
            CHECK(rc == -1 && error == EACCES,
                  "Python and we have different keys: -1 with EACCES, and "
                  "not %d with %s",
                  rc, name_errno(error));
    }
    python_end(python);
}

static void let_python_in(const char *form)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char port[16];

    if (bind(door, (struct sockaddr *)&at, size) == -1 ||
        listen(door, 5) == -1 ||
        getsockname(door, (struct sockaddr *)&at, &size) == -1)
        FAIL_TEST("the test itself cannot listen on 127.0.0.1");
    snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
    start_python("client", form, port);
    meets_python(&accepts, door);
    close(door);
}

static void go_in_to_python(const char *form)
{
    start_python("listener", form, here.sun_path);
    meets_python(&connects, -1);
    unlink(here.sun_path);
}

static void an_older_python_comes_in(void **state)
{
    (void)state;
    let_python_in("older");
}

static void a_newer_python_comes_in(void **state)
{
    (void)state;
    let_python_in("newer");
}

static void goes_in_to_an_older_python(void **state)
{
    (void)state;
    go_in_to_python("older");
}

static void goes_in_to_a_newer_python(void **state)
{
    (void)state;
    go_in_to_python("newer");
}

#endif
