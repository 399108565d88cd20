/* Sessions of Cowrie from any mixture of its records: four bytes an event, so that few sessions meet many records. */
#include "fuzz.h"

#include "decode/decode.h"
#include "normalise/sessions.h"

#include <stdio.h>

static const char *const kinds[] = {
    "\"eventid\":\"cowrie.session.connect\",\"src_ip\":\"192.0.2.%d\",\"src_port\":%d,\"dst_ip\":\"198.51.100.2\",\"dst_port\":22,\"protocol\":\"ssh\"",
    "\"eventid\":\"cowrie.login.failed\",\"src_ip\":\"192.0.2.%d\",\"username\":\"u%d\",\"password\":\"p\"",
    "\"eventid\":\"cowrie.session.closed\",\"src_ip\":\"192.0.2.%d\",\"duration\":\"%d\"",
    "\"eventid\":\"cowrie.direct-tcpip.request\",\"src_ip\":\"192.0.2.%d\",\"dst_ip\":\"203.0.113.9\",\"dst_port\":%d",
};

static void print_record(const uint8_t *p, struct hg_buf *lines)
{
    char members[256];
    int n = snprintf(members, sizeof members, kinds[p[0] % 4], p[1] % 8, p[3]);
    FUZZ_CHECK(n > 0 && n < (int)sizeof members);
    hg_buf_printf(lines, "{%s,\"session\":\"%02x\",\"timestamp\":\"2025-01-09T17:22:%02d.000000Z\"}\n", members, p[2], p[3] % 60);
}

static void check_event(const struct hg_event *before, const struct hg_event *after)
{
    FUZZ_CHECK((after->missing & ~before->missing) == 0); /* what was said stays said */
    FUZZ_CHECK(after->time_us == before->time_us && memcmp(&after->id, &before->id, sizeof after->id) == 0);
    if (hg_event_has(before, HG_FIELD_destination_port))
        FUZZ_CHECK(after->destination_port == before->destination_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hg_decode_worker *worker;
    static struct hg_decode_context *context;
    static struct hg_sessions *sessions;
    static struct hg_batch batch;
    static struct hg_buf lines;
    static const struct hg_id id = {{1}};
    if (worker == NULL) {
        FUZZ_CHECK(hg_decode_worker_create(&worker, NULL) == HG_OK);
        FUZZ_CHECK(hg_decode_context_create(hg_decoder_by_name(HG_SLICE("cowrie")), HG_FRAME_LINES, HG_SLICE("x"), HG_SLICE_NONE, &id,
                                            HG_TIMEZONE_DEFAULT, &context, NULL) == HG_OK);
        FUZZ_CHECK(hg_sessions_create(&sessions, NULL) == HG_OK);
        hg_batch_init(&batch);
        hg_buf_init(&lines, 1u << 22);
    }
    hg_buf_clear(&lines);
    for (size_t i = 0; i + 4 <= size; i += 4)
        print_record(data + i, &lines);
    hg_batch_clear(&batch);
    FUZZ_CHECK(hg_batch_reserve_bytes(&batch, lines.len, NULL) == HG_OK);
    if (lines.len > 0)
        memcpy(batch.bytes, lines.p, lines.len);
    memset(batch.bytes + lines.len, 0, HG_BATCH_PADDING);
    batch.len = lines.len;
    hg_decode_batch(context, worker, &batch);
    FUZZ_CHECK(batch.counts.malformed == 0 && batch.n_events == size / 4);
    for (size_t i = 0; i < batch.n_events; i++) {
        struct hg_event before = batch.events[i];
        hg_sessions_apply(sessions, &batch.events[i]);
        check_event(&before, &batch.events[i]);
    }
    return 0;
}
