#include "decode/csv.h"
#include "decode/decode.h"

/* The dataset's name is the key of a stream's hash; the last byte keeps names apart from contents. */
static struct hg_id dataset_key(enum hg_dataset dataset, uint8_t kind)
{
    struct hg_id key = {{0}};
    struct hg_slice name = hg_slice_of(hg_dataset_name(dataset));
    memcpy(key.b, name.p, name.len < 15 ? name.len : 15);
    key.b[15] = kind;
    return key;
}

struct hg_id hg_identity_stream(enum hg_dataset dataset, struct hg_slice first_record)
{
    struct hg_id key = dataset_key(dataset, 0);
    return hg_siphash128(&key, first_record);
}

struct hg_id hg_identity_named(enum hg_dataset dataset, struct hg_slice name)
{
    struct hg_id key = dataset_key(dataset, 1);
    return hg_siphash128(&key, name);
}

struct hg_id hg_identity_event(const struct hg_id *stream, uint64_t offset)
{
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(offset >> 8 * i & 0xff);
    return hg_siphash128(stream, (struct hg_slice){bytes, sizeof bytes});
}
