/*
 * words.c — the grader's words, in English and in Chinese.
 */
#include "words.h"

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
    {"more hold", "项成立"},
    {"more do not hold", "项不成立"},
    {"more facts", "项未列出"},
    {"Also:", "另外："},
    {"and %d more", "还有 %d 项"},
    {"… %d more lines", "……还有 %d 行"},
    {"Open this file and write the function:", "打开这个文件，写出函数："},
    {"What it shall do:", "它要做什么："},
    {"The story and the hints:", "讲解与提示："},
    {"There is no such file:", "没有这个文件："},
    {"This is the grader's fault, not yours. It costs no points.",
     "这是评测器的错，不是你的错，不扣分。"},
    {"Please run it again.", "请再运行一次。"},
    {"a hint", "看提示"},
    {"gdb at the failing test", "用 gdb 停在失败处"},
    {"the map, and what is next", "看地图和下一步"},

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
