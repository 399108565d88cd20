#include "decode/worker.h"

#define HG_DECODER(name) extern const struct hg_decoder hg_decoder_##name;
#include "decode/decoders.def"
#undef HG_DECODER

static const struct hg_decoder *const decoders[] = {
#define HG_DECODER(name) &hg_decoder_##name,
#include "decode/decoders.def"
#undef HG_DECODER
};

size_t hg_decoder_count(void)
{
    return sizeof decoders / sizeof decoders[0];
}

const struct hg_decoder *hg_decoder_at(size_t i)
{
    return decoders[i];
}

const struct hg_decoder *hg_decoder_by_name(struct hg_slice name)
{
    for (size_t i = 0; i < hg_decoder_count(); i++)
        if (hg_slice_is(name, decoders[i]->name))
            return decoders[i];
    return NULL;
}

/* Kibana wraps a record in _source, renames timestamp to @timestamp or Dionaea's dst_ip to dest_ip; MHN writes
 * {"timestamp": {"$date": …}}. */
static bool is_foreign_export(struct hg_decode_worker *worker, struct hg_slice record)
{
    enum { CONNECTION = 4, DEST_IP, N };
    static const char *const paths[N] = {"_source", "@timestamp", "timestamp.$date", "hits.hits", [CONNECTION] = "connection.protocol",
                                         [DEST_IP] = "dest_ip"};
    if (hg_worker_read(worker, paths, N, record) != HG_REASON_NONE)
        return false;
    const uint64_t renamed = UINT64_C(1) << CONNECTION | UINT64_C(1) << DEST_IP, present = worker->doc.present;
    return (present & ~renamed) != 0 || (present & renamed) == renamed;
}

enum hg_reason hg_decoder_none(struct hg_decode_worker *worker, struct hg_slice record)
{
    return is_foreign_export(worker, record) ? HG_REASON_foreign_export : HG_REASON_unknown_format;
}

const struct hg_decoder *hg_decoder_probe(struct hg_decode_worker *worker, struct hg_slice first_record, enum hg_reason *ret_reason)
{
    const struct hg_decoder *best = NULL;
    int best_score = 0;
    for (size_t i = 0; i < hg_decoder_count(); i++) {
        int score = decoders[i]->probe(worker, first_record);
        if (score > best_score) {
            best_score = score;
            best = decoders[i];
        }
    }
    if (best == NULL)
        *ret_reason = hg_decoder_none(worker, first_record);
    return best;
}
