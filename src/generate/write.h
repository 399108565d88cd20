/*
 * One record in the manner of its log. Each writer composes at p (HG_GEN_RECORD_ROOM bytes) and returns the end,
 * without newline.
 */
#ifndef HG_GENERATE_WRITE_H
#define HG_GENERATE_WRITE_H

#include "generate/flow.h"
#include "generate/session.h"
#include "generate/text.h"

/* ISCX: a row. export_us is the constant time of the export. */
char *hg_write_iscx(char *p, const struct hg_gen_flow *flow, int64_t export_us);

/* Suricata: the lines that a flow may give. */
enum hg_gen_line {
    HG_LINE_FLOW,
    HG_LINE_DNS_QUERY,
    HG_LINE_DNS_ANSWER,
    HG_LINE_TLS,
    HG_LINE_HTTP,
    HG_LINE_FILEINFO,
    HG_LINE_SSH,
    HG_LINE_ALERT,
    HG_LINE_ANOMALY,
};
char *hg_write_eve(char *p, enum hg_gen_line line, const struct hg_gen_flow *flow, int64_t time_us);
char *hg_write_eve_stats(char *p, int64_t time_us, uint64_t uptime_s, uint64_t flows);

/* Cowrie and Dionaea. */
char *hg_write_cowrie(char *p, const struct hg_gen_session *session, enum hg_gen_step step, int64_t time_us);
char *hg_write_dionaea(char *p, const struct hg_gen_session *session, int64_t time_us);

/* First bytes of a side's payload, up to 64; the same for the same flow. Returns the length. */
#define HG_GEN_PAYLOAD_BYTES 64u
size_t hg_gen_payload(const struct hg_gen_flow *flow, unsigned side, char out[HG_GEN_PAYLOAD_BYTES]);
const char *hg_gen_host_name(const struct hg_gen_flow *flow);
const char *hg_gen_url(const struct hg_gen_flow *flow);

#endif
