/*
 * The words of the sources and what they are called here: application protocols (applications.def), transports, and which
 * attack a Suricata category, a Dionaea protocol, a Cowrie event or an ISCX day stands for.
 */
#ifndef HG_DECODE_VOCAB_H
#define HG_DECODE_VOCAB_H

#include "base/arena.h"
#include "base/err.h"
#include "core/counts.h"

struct hg_vocab; /* the table of applications, indexed: read-only once made */

HG_MUST_USE enum hg_rc hg_vocab_create(struct hg_vocab **ret, struct hg_err *reterr);
void hg_vocab_destroy(struct hg_vocab *vocab);

/* Sets application_protocol and its code; leaves it missing where the name is empty or says nothing. */
void hg_vocab_application(const struct hg_vocab *vocab, struct hg_slice name, struct hg_arena *arena, struct hg_event *event,
                          struct hg_counts *counts);
/* Sets protocol and its code: tcp_ip, TCP and tcp are tcp. Others are put into lower case. */
void hg_vocab_transport(struct hg_slice name, struct hg_arena *arena, struct hg_event *event);
void hg_vocab_kind(struct hg_slice kind, struct hg_event *event);

enum hg_attack_type hg_vocab_category(struct hg_slice category);                        /* Suricata */
enum hg_attack_type hg_vocab_dionaea(struct hg_slice protocol, bool has_credentials);
/* Cowrie, the eventid without "cowrie."; *ret_label is HG_LABEL_NONE where nobody calls it an attack. */
enum hg_attack_type hg_vocab_cowrie(struct hg_slice kind, enum hg_label *ret_label);
enum hg_attack_type hg_vocab_iscx_day(struct hg_slice path);

#endif
