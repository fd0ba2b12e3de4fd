/*
 * words.c — the grader's words, in English and in Chinese.
 */
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static const struct {
    const char *english, *chinese;
} phrase[] = {
    /* verdicts */
    {"passed", "通过"},
    {"failed", "未通过"},
    {"crashed", "崩溃"},
    {"hung", "卡住"},
    {"left behind", "有残留"},
    {"did not compile", "编译失败"},
    {"not started", "未开始"},
    {"missing", "没有文件"},
    {"skipped", "跳过"},
    {"grader's fault", "评测器出错"},

    /* chapters */
    {"islands", "孤岛"},
    {"pipes", "管道"},
    {"queues", "队列"},
    {"sockets", "套接字"},
    {"continent", "大陆"},

    /* the map */
    {"%zu of %zu exercises passed", "练习通过 %zu / %zu"},
    {"next", "下一步"},
    {"report", "报告"},
    {"Everything passes. Well done!", "全部通过，恭喜！"},
    {"There is nothing to check.", "没有可检查的练习。"},
    {"%zu could not be judged: the grader's fault, it costs no points",
     "%zu 项无法判定：是评测器的错，不扣分"},

    /* one exercise */
    {"The compiler also warns:", "编译器还有警告："},
    {"The compiler says:", "编译器报告："},
    {"more holds", "项成立"},
    {"more hold", "项成立"},
    {"more does not hold", "项不成立"},
    {"more do not hold", "项不成立"},
    {"more facts", "项未列出"},
    {"Also:", "另外："},
    {"and %d more", "还有 %d 项"},
    {"… 1 more line", "……还有 1 行"},
    {"… %d more lines", "……还有 %d 行"},
    {"Open this file and write the function:", "打开这个文件，写出函数："},
    {"What it shall do:", "它要做什么："},
    {"The story and the hints:", "讲解与提示："},
    {"There is no such file:", "没有这个文件："},
    {"This is the grader's fault, not yours. It costs no points.",
     "这是评测器的错，不是你的错，不扣分。"},
    {"Please run it again.", "请再运行一次。"},
    {"%s is missing on this machine: `make setup` installs it.",
     "这台机器上没有 %s：`make setup` 会安装它。"},
    {"a hint", "看提示"},
    {"gdb at the failing test", "用 gdb 停在失败处"},
    {"a picture of the failing test", "把失败的测试画成图"},
    {"the map, and what is next", "看地图和下一步"},

    /* a story */
    {"At the end", "最后"},
    {"What crossed", "传过的数据"},
    {"waited", "等待过"},
    {"does not return", "没有返回"},
    {"%d times in a row", "连续 %d 次"},
    {"… the %d steps before, %d times more", "…… 前面 %d 步又重复了 %d 次"},
    {"exit status %d", "退出状态 %d"},
    {"has ended", "已结束"},
    {"back in the test", "已返回测试"},
    {"the rough sea made it fail", "风浪使它失败"},
    {"the rough sea made it fall short", "风浪使它只完成一部分"},
    {"%ld byte to %s", "%ld 字节给 %s"},
    {"%ld byte from %s", "%ld 字节来自 %s"},
    {"%ld bytes to %s", "%ld 字节给 %s"},
    {"%ld bytes from %s", "%ld 字节来自 %s"},
    {"%ld byte, %s to %s", "%ld 字节，%s 到 %s"},
    {"%ld bytes, %s to %s", "%ld 字节，%s 到 %s"},
    {"%s to %s", "%s 到 %s"},
    {"%ld byte that nobody has read", "%ld 字节没有人读"},
    {"%ld bytes that nobody has read", "%ld 字节没有人读"},
    {"holds fd %d = %s", "持有 fd %d = %s"},
    {"holds fd %d, reads %s", "持有 fd %d，读 %s"},
    {"holds fd %d, writes %s", "持有 fd %d，写 %s"},
    {"should be closed", "应该关闭"},
    {"accepted by %s", "由 %s 接受"},
    {"the kernel chose port %d", "内核选了端口 %d"},
    {"nobody here has that address", "这里没有谁有这个地址"},
    {"from %s", "来自 %s"},
    {"passes fd %d = %s", "传出 fd %d = %s"},
    {"passes fd %d", "传出 fd %d"},
    {"receives fd %d = %s", "收到 fd %d = %s"},
    {"receives fd %d", "收到 fd %d"},
    {"%d more have ended with status 0", "另有 %d 个以状态 0 结束"},
    {"%d more processes are not shown", "另有 %d 个进程没有列出"},
    {"… the beginning is missing: there were too many calls",
     "…… 调用太多，开头已不在记录里"},
    {"The logbook holds no call of your code at the end of this test.",
     "这个测试结束时，日志里没有你的代码的调用。"},
    {"The picture, for a browser:", "图在这里，用浏览器打开："},
    {"Cannot write %s: %s.\n", "无法写入 %s：%s。\n"},
    {"%s does not compile yet, so there is nothing to show: `make %s` says "
     "why.\n",
     "%s 还不能编译，所以没有可看的：`make %s` 会说明原因。\n"},
    {"%s is not there, so there is nothing to show: `make %s` says more.\n",
     "没有 %s 这个文件，所以没有可看的：`make %s` 会说明。\n"},
    {"%s is not written yet, so there is nothing to show: `make %s` says how "
     "to begin.\n",
     "%s 还没有写，所以没有可看的：`make %s` 会说明从哪里开始。\n"},
    {"%s could not be run: `make %s` says why.\n",
     "%s 无法运行：`make %s` 会说明原因。\n"},
    {"%s has no fact called '%s'. It has:\n",
     "%s 没有名为 '%s' 的测试。它有：\n"},

    /* the picture */
    {"The order", "执行顺序"},
    {"The order: who did what, step by step", "执行顺序：谁一步步做了什么"},
    {"time goes down; the thick line has the turn; A+8 is byte 8 of the shared "
     "memory",
     "时间向下；粗线表示轮到谁；A+8 是共享内存的第 8 字节"},
    {"written by ", "写："},
    {"read by ", "读："},
    {"; ", "；"},
    {"reads", "读"},
    {"writes", "写"},
    {"reads and writes at once", "一步读改写"},
    {"sleeps", "睡着"},
    {"the system switches here, to another", "系统在此切换到另一个进程"},
    {"memory", "内存"},
    {"parent", "父进程"},
    {"child", "子进程"},
    {"process", "进程"},
    {"test's helper", "测试的帮手"},
    {"pipe", "管道"},
    {"named pipe", "命名管道"},
    {"socket", "套接字"},
    {"listener", "监听套接字"},
    {"file", "文件"},
    {"connect", "连接"},
    {"listen", "监听"},
    {" shut", " 停写"},
    {"channel", "通道"},
    {"bytes not seen", "字节数未见"},
    {"1 byte", "1 字节"},
    {"%ld bytes", "%ld 字节"},
    {"nothing crossed", "没有数据通过"},
    {"%s not read", "%s未读"},
    {"loops", "死循环"},
    {", ", "，"},
    {"exit %d", "退出 %d"},
    {"killed by %s", "被 %s 终止"},
    {"cannot move", "动弹不得"},
    {"loops without end", "无限循环"},
    {"still there", "仍在运行"},
    {"has not returned", "尚未返回"},
    {"the test's sea did this", "这是测试有意制造的"},
    {"the %d steps before, again and again", "前面 %d 步，一再重复"},
    {"%d more processes are not shown.", "另有 %d 个进程未画出。"},
    {"still holds %s (fd %d)", "仍持有%s（fd %d）"},
    {"still holds the write end of %s (fd %d)", "仍持有%s 的写端（fd %d）"},
    {"still holds the read end of %s (fd %d)", "仍持有%s 的读端（fd %d）"},
    {"holds %s (fd %d)", "持有%s（fd %d）"},
    {"holds the write end of %s (fd %d)", "持有%s 的写端（fd %d）"},
    {"holds the read end of %s (fd %d)", "持有%s 的读端（fd %d）"},
    {"%s: %s → %s, %s", "%s：%s → %s，%s"},
    {" w", " 写"},
    {" r", " 读"},
    {"end of file", "文件结束"},
    {"close(%d) is missing", "缺少 close(%d)"},
    {"The map", "地图"},
    {"The log", "航海日志"},
    {"who is there at the end, what crossed, and who holds which end",
     "最后有谁在场，什么数据通过了，谁还持有哪一端"},
    {"every call in its order; time is stretched so that each can be seen",
     "按先后列出每次调用；时间轴经过拉伸，让每一步都看得见"},
    {"The map: who is there, and who holds what", "地图：有谁在场，谁持有什么"},
    {"The log: who did what, and when", "航海日志：谁在何时做了什么"},
    {"The logbook keeps the last calls only: the beginning is missing.",
     "日志只保留最后的调用，开头部分已不在。"},
    {"writes, or could", "写，或能写"},
    {"reads, or could", "读，或能读"},
    {"closes an end: w to write, r to read", "关闭一端：写端或读端"},
    {"end of file: nobody can write any more", "文件结束：再没有谁能写"},
    {"waits in a call", "在调用中等待"},
    {"waits for ever", "永远等待"},
    {"should be closed here, and is not", "该在这里关闭，却没有"},
    {"connects: the arrow leads to who accepts",
     "发起连接：箭头指向接受的一方"},
    {"The same in words", "文字版"},
    {"Point at a step, or tap it, to see the call. "
     "The arrow keys go from step to step.",
     "指向或点按一步，可看到那次调用；方向键逐步移动。"},

    /* a name that is none */
    {"There is no exercise or command called '%s'.",
     "没有名为 '%s' 的练习或命令。"},
    {"Did you mean: ", "是不是想输入："},
    {"`make help` lists what there is.", "`make help` 会列出所有命令。"},
};

bool words_pair(size_t n, const char **english, const char **chinese)
{
    if (n >= sizeof phrase / sizeof phrase[0])
        return false;
    *english = phrase[n].english;
    *chinese = phrase[n].chinese;
    return true;
}

const char *words(bool chinese, const char *english)
{
    const char *key, *other;

    for (size_t i = 0; chinese && words_pair(i, &key, &other); i++)
        if (strcmp(key, english) == 0)
            return other;
    return english;
}

/* What explain says of a process is made of few words: they are replaced one
 * by one. Names of calls, numbers and paths stay. */
static const struct {
    const char *english, *chinese;
} piece[] = {
    {"waits in ", "等在 "},
    {" for the parent", "，等父进程"},
    {" for child ", "，等子进程 "},
    {" for a child", "，等一个子进程"},
    {" for one of its ", "，等它的子进程之一，共 "},
    {" children", " 个"},
    {"is stopped by a signal", "被信号停住"},
    {"is running, ", "在运行，已用 CPU 时间 "},
    {" s of CPU time so far", " 秒"},
    {"waits for a signal", "在等信号"},
    {"sleeps for ", "睡眠 "},
    {"sleeps in system call ", "睡在系统调用 "},
    {"sleeps", "睡眠"},
};

char *words_plight(bool chinese, const char *english)
{
    char *text = NULL;
    size_t size, p;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return copy_text(english);
    while (*english) {
        for (p = 0; chinese && p < sizeof piece / sizeof piece[0]; p++)
            if (strncmp(english, piece[p].english, strlen(piece[p].english)) ==
                0)
                break;
        if (chinese && p < sizeof piece / sizeof piece[0]) {
            fputs(piece[p].chinese, out);
            english += strlen(piece[p].english);
        } else {
            putc(*english++, out);
        }
    }
    fclose(out);
    return text;
}

bool words_chinese(void)
{
    static const char *const variable[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

    for (size_t i = 0; i < sizeof variable / sizeof variable[0]; i++) {
        const char *value = getenv(variable[i]);
        if (value && *value)
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

char *words_chapter(bool chinese, const char *chapter)
{
    size_t digits = strspn(chapter, "0123456789");

    if (digits == 0 || chapter[digits] != '_')
        return text_sentence(chapter, 40);
    char *name = text_sentence(chapter + digits + 1, 40);
    char *title =
        format_text("%.*s %s", (int)digits, chapter, words(chinese, name));
    free(name);
    return title;
}

char *words_make(const char *impl, const char *target)
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyz"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789/._-+,@:";
    const char *blank = *target ? " " : "";
    char *name = text_line(target, 40), *folder = text_line(impl, 400);
    char *command;

    if (!*impl || strcmp(impl, "chapters") == 0)
        command = format_text("make%s%s", blank, name);
    else if (impl[strspn(impl, harmless)] == '\0')
        command = format_text("make IMPL=%s%s%s", folder, blank, name);
    else
        command = format_text("make IMPL='%s'%s%s", folder, blank, name);
    free(name);
    free(folder);
    return command;
}
