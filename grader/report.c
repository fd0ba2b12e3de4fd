/*
 * report.c — the files of a report.
 */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "draft.h"

static int write_one(const char *folder, const char *name,
                     void (*writer)(FILE *, const struct report *),
                     const struct report *report)
{
    char *path = format_text("%s/%s", folder, name);
    struct draft draft;
    FILE *out = draft_open(&draft, path);

    free(path);
    if (!out)
        return -1;
    writer(out, report);
    return draft_publish(&draft);
}

bool report_opens_chapter(const struct report *report, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(report->exercises[i].chapter,
                   report->exercises[n].chapter) == 0)
            return false;
    return true;
}

int report_write(const char *folder, const struct report *report)
{
    static const struct {
        const char *name;
        void (*writer)(FILE *, const struct report *);
    } file[] = {
        {"report.json", json_write},
        {"report.xml", junit_write},
        {"report.tap", tap_write},
        {"results.json", gradescope_write},
    };
    int error = 0;

    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return -1;
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++)
        if (write_one(folder, file[i].name, file[i].writer, report) != 0 &&
            error == 0)
            error = errno;
    errno = error != 0 ? error : errno;
    return error == 0 ? 0 : -1;
}
