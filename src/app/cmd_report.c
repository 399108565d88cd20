/* One page for sending: what is known of a range. */
#include "app/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "usage: honeyguide report --state DIR [OPTIONS] --output FILE.html\n\n"
    "Writes one HTML page of what is known of a range, for sending and for printing: status, events over time, incidents, alerts, sources,\n"
    "ports, protocols, countries, kinds of attack, what was tried on honeypots, and the account of what was read. The page holds all it shows:\n"
    "no script, no network, no server. It works while a server runs on the state, and replaces FILE.html as a whole or not at all.\n\n"
    HG_HELP_ASK
    "  --filter FILTER                             only what matches (docs/filter.md)\n"
    "  --title TEXT                                the page's heading (default: honeyguide report)\n"
    "  --output FILE.html                          where to write it\n\n"
    "Texts that attackers wrote are shown as text: markup is escaped, and control characters are written as \\uXXXX.\n\n"
    "example:\n  honeyguide report --state ./state --window 7d --filter 'severity>=low' --output week.html\n";

static int run(int argc, char **argv);
extern const struct hg_command hg_command_report;
const struct hg_command hg_command_report = {"report", "one HTML page of a range, for sending", help, run};

#define PAGE_BYTES ((size_t)32 * 1024 * 1024)
#define READ_BYTES ((size_t)64 * 1024 * 1024)

/* ---- the file: whole, or as it was */

static enum hg_rc write_all(int fd, struct hg_slice bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return HG_EIO;
        bytes = hg_slice_from(bytes, (size_t)n);
    }
    return HG_OK;
}

static enum hg_rc write_file(const char *path, struct hg_slice page, struct hg_err *reterr)
{
    char temporary[4096];
    if ((size_t)snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= sizeof temporary)
        return hg_fail(reterr, HG_EUSAGE, "--output: the path is too long");
    int fd = mkstemp(temporary);
    if (fd < 0)
        return hg_fail(reterr, HG_EIO, "can't write beside %s", path);
    mode_t mask = umask(0);
    (void)umask(mask);
    enum hg_rc rc = write_all(fd, page);
    if (rc == HG_OK && (fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0))
        rc = HG_EIO;
    if (close(fd) != 0)
        rc = HG_EIO;
    if (rc == HG_OK && rename(temporary, path) != 0)
        rc = HG_EIO;
    if (rc == HG_OK)
        return HG_OK;
    (void)hg_fail(reterr, HG_EIO, "can't write %s", path); /* while errno is that of what failed */
    (void)unlink(temporary);
    return rc;
}

static int answer(struct report *report, const char *path)
{
    struct hg_err err;
    struct hg_buf page;
    hg_buf_init(&page, PAGE_BYTES);
    enum hg_rc rc = hg_ask_look(&report->ask, report_read, report, &err);
    if (rc == HG_OK)
        report_page(report, &page);
    if (rc == HG_OK)
        rc = page.failed ? hg_fail(&err, HG_ENOMEM, "no memory for the page") : write_file(path, hg_buf_slice(&page), &err);
    hg_buf_free(&page);
    return rc == HG_OK ? EXIT_DONE : hg_ask_failed(&hg_command_report, &report->ask, &err);
}

/* ---- */

enum { FILTER = HG_OPT_OWN, TITLE, OUTPUT };

static int take(struct report *report, int option, const char *argument, const char **path)
{
    if (hg_ask_takes(option))
        hg_ask_option(&report->ask, option, argument);
    else if (option == FILTER)
        report->ask.filter = argument;
    else if (option == TITLE)
        report->title = argument;
    else if (option == OUTPUT)
        *path = argument;
    else
        return hg_usage(&hg_command_report, "see its options");
    return EXIT_DONE;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {HG_OPTIONS_ASK, {"filter", required_argument, NULL, FILTER}, {"title", required_argument, NULL, TITLE},
                                            {"output", required_argument, NULL, OUTPUT}, HG_OPTIONS_END};
    struct report report = {0};
    const char *path = NULL;
    int status = EXIT_DONE;
    hg_ask_init(&report.ask);
    hg_arena_init(&report.arena, 65536, READ_BYTES);
    for (int option; status == EXIT_DONE && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        status = take(&report, option, optarg, &path);
    if (status == EXIT_DONE && optind < argc)
        status = hg_usage(&hg_command_report, "it takes options alone: --filter says what of");
    if (status == EXIT_DONE)
        status = hg_ask_check(&hg_command_report, &report.ask);
    if (status == EXIT_DONE && path == NULL)
        status = hg_usage(&hg_command_report, "--output FILE.html says where to write it");
    if (status == EXIT_DONE)
        status = answer(&report, path);
    report_free(&report);
    return status;
}
