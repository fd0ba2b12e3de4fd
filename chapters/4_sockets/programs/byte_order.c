/*
 * byte_order.c — the same number, as this machine and as the net writes it.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static void show(const char *name, uint16_t port)
{
    unsigned char byte[2];

    memcpy(byte, &port, 2);
    printf("%s: bytes %d %d, and a peer reads port %d\n", name, byte[0],
           byte[1], byte[0] * 256 + byte[1]);
}

int main(void)
{
    show("htons(8080)", htons(8080));
    show("8080", 8080);
}
