/*
 * tell_words.c — the words of the table, in two languages.
 */
#include "tell_parts.h"

#include <string.h>

static const struct {
    const char *english, *chinese;
} word[] = {
    {"switched away before", "被切走，未及执行"},
    {"switched away", "被系统切走"},
    {"sleeps", "睡着"},
    {"wakes up", "醒来"},
    {"wakes up: timed out", "醒来：超时"},
    {"looks again and again", "一遍遍地查看"},
    {"is killed", "被杀死"},
    {"crashes: ", "崩溃："},
    {"is done", "完成"},
    {"waits for ever", "永远等待"},
    {"(buffered)", "（在缓冲中）"},
    {"visible now", "现在可见"},
    {"fails: it is ", "失败：现值 "},
    {"… %d more steps", "… 另有 %d 步"},
    {"… 1 more step", "… 另有 1 步"},
    {"… these %d again, %d times", "… 以上 %d 步再来 %d 次"},
    {"… again, %d times", "… 再来 %d 次"},
    {"%d bytes", "%d 字节"},
    {"… the rest is not kept", "… 其余没有保留"},
    {"setup or check: ", "准备或检查："},
};

const char *tell_word(bool chinese, const char *english)
{
    for (size_t i = 0; chinese && i < sizeof(word) / sizeof(*word); i++)
        if (strcmp(word[i].english, english) == 0)
            return word[i].chinese;
    return english;
}

/* Columns of a terminal: Han characters and full-width forms take two. */
static int columns_of(unsigned char c)
{
    if ((c & 0xc0) == 0x80)
        return 0;
    return (c >= 0xe3 && c <= 0xe9) || c == 0xef ? 2 : 1;
}

int tell_width(const char *utf8)
{
    int columns = 0;

    for (; *utf8; utf8++)
        columns += columns_of((unsigned char)*utf8);
    return columns;
}

void tell_cut(char *utf8, size_t cap, int columns)
{
    char *c = utf8;

    if (tell_width(utf8) <= columns)
        return;
    for (columns--; *c && columns >= columns_of((unsigned char)*c); c++)
        columns -= columns_of((unsigned char)*c);
    snprintf(c, cap - (size_t)(c - utf8), "…");
}
