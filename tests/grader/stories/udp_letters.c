/*
 * udp_letters.c — two children write to their parent's socket; the second one
 * is connected. One answer goes back, one letter goes where nobody is.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in here;

static void first(void)
{
    char text[16];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    if (sendto(fd, "one", 3, 0, (struct sockaddr *)&here, sizeof(here)) != 3 ||
        recv(fd, text, sizeof(text), 0) != 6)
        _exit(1);
    _exit(0);
}

static void second(void)
{
    struct sockaddr_in nowhere = here;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    nowhere.sin_port = htons(9);
    if (connect(fd, (struct sockaddr *)&here, sizeof(here)) < 0 ||
        send(fd, "two", 3, 0) != 3 || write(fd, "three", 5) != 5)
        _exit(1);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    sendto(fd, "lost", 4, 0, (struct sockaddr *)&nowhere, sizeof(nowhere));
    _exit(0);
}

int main(void)
{
    struct sockaddr_in from;
    socklen_t length = sizeof(here);
    char text[4];
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    here = (struct sockaddr_in){.sin_family = AF_INET};
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&here, length) < 0 ||
        getsockname(fd, (struct sockaddr *)&here, &length) < 0)
        return 1;
    if (fork() == 0)
        first();
    length = sizeof(from);
    if (recvfrom(fd, text, 4, 0, (struct sockaddr *)&from, &length) != 3 ||
        sendto(fd, "answer", 6, 0, (struct sockaddr *)&from, length) != 6)
        return 1;
    wait(NULL);
    if (fork() == 0)
        second();
    if (read(fd, text, 4) != 3 || read(fd, text, 4) != 4) /* cut: "thre" */
        return 1;
    wait(NULL);
    return 0;
}
