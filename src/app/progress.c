#include "app/progress.h"

#include "base/instant.h"

#include <stdio.h>
#include <unistd.h>

struct hg_progress hg_progress_start(const char *what)
{
    int64_t now = hg_time_monotonic_us();
    return (struct hg_progress){.what = what, .start_us = now, .last_us = now};
}

void hg_progress_update(struct hg_progress *progress, uint64_t count, uint64_t done, uint64_t total)
{
    int64_t now = hg_time_monotonic_us();
    if (now - progress->last_us < HG_SECOND / 4 || isatty(STDERR_FILENO) != 1)
        return;
    progress->last_us = now;
    progress->shown = true;
    double seconds = (double)(now - progress->start_us) / (double)HG_SECOND;
    fprintf(stderr, "\r\033[K%llu %s, %.0f a second", (unsigned long long)count, progress->what, (double)count / seconds);
    if (total > 0 && done > 0) {
        double share = (double)done / (double)total;
        double left = seconds * (1 - share) / share;
        fprintf(stderr, ", %.0f %% done, %d:%02d left", share * 100, (int)left / 60, (int)left % 60);
    }
    fflush(stderr);
}

void hg_progress_end(struct hg_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
}
