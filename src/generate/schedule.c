#include "generate/schedule.h"

#include <stdlib.h>

static bool before(const struct hg_gen_due *a, const struct hg_gen_due *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : (int32_t)(a->order - b->order) < 0;
}

static bool grow(struct hg_gen_schedule *schedule)
{
    size_t cap = schedule->cap == 0 ? 1024 : schedule->cap * 2;
    struct hg_gen_due *at = cap > HG_SCHEDULE_MAX ? NULL : realloc(schedule->at, cap * sizeof *at);
    if (at == NULL)
        return false;
    schedule->at = at;
    schedule->cap = cap;
    return true;
}

bool hg_schedule_push(struct hg_gen_schedule *schedule, int64_t time_us, unsigned kind, uint32_t slot)
{
    if (schedule->n == schedule->cap && !grow(schedule))
        return false;
    struct hg_gen_due due = {time_us, schedule->order++, kind & 31, slot & 0x7ffffff};
    size_t i = schedule->n++;
    for (; i > 0 && before(&due, &schedule->at[(i - 1) / 2]); i = (i - 1) / 2)
        schedule->at[i] = schedule->at[(i - 1) / 2];
    schedule->at[i] = due;
    return true;
}

bool hg_schedule_pop(struct hg_gen_schedule *schedule, struct hg_gen_due *ret)
{
    if (schedule->n == 0)
        return false;
    *ret = schedule->at[0];
    struct hg_gen_due last = schedule->at[--schedule->n];
    size_t i = 0;
    for (size_t child = 1; child < schedule->n; child = 2 * i + 1) {
        if (child + 1 < schedule->n && before(&schedule->at[child + 1], &schedule->at[child]))
            child++;
        if (!before(&schedule->at[child], &last))
            break;
        schedule->at[i] = schedule->at[child];
        i = child;
    }
    schedule->at[i] = last;
    return true;
}

void hg_schedule_free(struct hg_gen_schedule *schedule)
{
    free(schedule->at);
    *schedule = (struct hg_gen_schedule){0};
}
