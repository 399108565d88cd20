/* What a stream's first bytes say of it: framing, format, identity. For input.c. */
#ifndef HG_PIPELINE_OPENING_H
#define HG_PIPELINE_OPENING_H

#include "pipeline/input.h"

struct opening {
    const struct hg_decoder *decoder; /* NULL: no known format */
    enum hg_framing framing;
    size_t skip;             /* bytes before the first record: the brackets around objects and elements */
    struct hg_slice header;  /* of CSV and TABLE, behind `skip`; borrowed */
    struct hg_id identity;
    enum hg_reason reason;   /* why there is no decoder */
};

/* head: the bytes that were read so far, blank lines left out, HG_BATCH_PADDING readable bytes behind. final: no more will come; full: no
 * more can be waited for. False: too little to tell yet. A stream's identity needs its first record, and behind a header the first row. */
bool opening_tell(const struct hg_input_settings *settings, struct hg_decode_worker *prober, struct hg_slice head, bool final, bool full,
                  struct opening *ret);

/* Is it a record of a known format that needs no header? */
bool opening_knows(const struct hg_input_settings *settings, struct hg_decode_worker *prober, struct hg_slice line);

/* The line that starts at p, without its end; *ret_next is what follows it, or `end`. */
struct hg_slice hg_line_at(const char *p, const char *end, const char **ret_next);

#endif
