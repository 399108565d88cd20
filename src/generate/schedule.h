/*
 * What comes next: a binary heap of (time, order of insertion), so that equal times keep their order.
 */
#ifndef HG_GENERATE_SCHEDULE_H
#define HG_GENERATE_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hg_gen_due {
    int64_t time_us;
    uint32_t order;
    uint32_t kind : 5, slot : 27;
};

struct hg_gen_schedule {
    struct hg_gen_due *at;
    size_t n, cap;
    uint32_t order;
};

#define HG_SCHEDULE_MAX (1u << 22)

/* False: no memory, or HG_SCHEDULE_MAX reached. */
bool hg_schedule_push(struct hg_gen_schedule *schedule, int64_t time_us, unsigned kind, uint32_t slot);
bool hg_schedule_pop(struct hg_gen_schedule *schedule, struct hg_gen_due *ret);
void hg_schedule_free(struct hg_gen_schedule *schedule);

#endif
