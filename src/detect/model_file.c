#include "detect/bytes.h"
#include "detect/model_priv.h"

#include <stdlib.h>

/*
 * A model as bytes, all numbers little endian:
 *   "HGMODEL\0", version u32, length of the payload u64, hash of the features' names and kinds (16 bytes), payload,
 *   checksum (SipHash-128 of all before it), which is also the model's digest.
 * The payload holds the sub-models in the order of their kinds. From HG_SUB_ZEEK on, kinds of which nothing was seen are left out
 * at the end: so models of before there were such kinds are read, and models without them are the same bytes as then.
 */
#define MAGIC       "HGMODEL"
#define MAGIC_BYTES sizeof MAGIC
#define VERSION     1u
#define ID_BYTES    sizeof(struct hg_id)
#define FRAME_BYTES (MAGIC_BYTES + 4 + 8 + ID_BYTES + ID_BYTES)

static struct hg_id checksum(struct hg_slice bytes)
{
    static const struct hg_id key = {"honeyguide model"};
    return hg_siphash128(&key, bytes);
}

static struct hg_id schema_hash(void)
{
    static const char schema[] =
#define HG_FEATURE(name, kind, words, unit) #name " " #kind "\n"
#include "core/features.def"
#undef HG_FEATURE
        ;
    return checksum((struct hg_slice){schema, sizeof schema - 1});
}

/* ---- writing */

static void put_categories(const struct categories *categories, struct hg_buf *buf)
{
    bytes_put(buf, categories->n, 4);
    bytes_put_f32(buf, categories->unseen);
    for (uint32_t i = 0; i < categories->n; i++) {
        bytes_put(buf, categories->codes[i], 4);
        bytes_put_f32(buf, categories->rarity[i]);
        bytes_put_f32(buf, categories->share[i]);
    }
}

static void put_scorer(const struct scorer *scorer, struct hg_buf *buf)
{
    bytes_put(buf, scorer->columns, 4);
    bytes_put(buf, scorer->rows, 4);
    for (size_t k = 0; k < 3; k++)
        bytes_put_f32(buf, scorer->thresholds[k]);
    size_t name_len = strlen(scorer->detector->name);
    bytes_put(buf, name_len, 1);
    hg_buf_add(buf, scorer->detector->name, name_len);
    size_t length_at = buf->len;
    bytes_put(buf, 0, 4);
    if (scorer->state != NULL)
        scorer->detector->serialise(scorer->state, buf);
    if (buf->failed)
        return;
    size_t len = buf->len - length_at - 4;
    for (size_t i = 0; i < 4; i++)
        buf->p[length_at + i] = (char)(uint8_t)(len >> 8 * i);
}

static void put_submodel(const struct submodel *submodel, struct hg_buf *buf)
{
    bytes_put(buf, submodel->trained_on, 1);
    bytes_put(buf, submodel->rows, 4);
    bytes_put(buf, submodel->seen, 8);
    if (submodel->rows == 0)
        return;
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        const struct column *column = &submodel->columns[f];
        bytes_put(buf, column->state, 1);
        bytes_put(buf, column->missing_percent, 1);
        bytes_put_f32(buf, column->low);
        bytes_put_f32(buf, column->median);
        bytes_put_f32(buf, column->high);
    }
    for (size_t c = 0; c < HG_CODE_COUNT; c++)
        put_categories(&submodel->categories[c], buf);
    bytes_put(buf, submodel->n_scorers, 1);
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        put_scorer(&submodel->scorers[i], buf);
}

static size_t count_written(const struct hg_model *model)
{
    size_t n = HG_SUB_COUNT;
    while (n > HG_SUB_ZEEK && model->submodels[n - 1].seen == 0)
        n--;
    return n;
}

void hg_model_serialise(const struct hg_model *model, struct hg_buf *buf)
{
    size_t start = buf->len;
    struct hg_id schema = schema_hash();
    hg_buf_add(buf, MAGIC, MAGIC_BYTES);
    bytes_put(buf, VERSION, 4);
    size_t length_at = buf->len;
    bytes_put(buf, 0, 8);
    hg_buf_add(buf, schema.b, ID_BYTES);
    size_t payload_at = buf->len;
    bytes_put(buf, model->seed, 8);
    bytes_put(buf, (uint64_t)model->trained_from, 8);
    bytes_put(buf, (uint64_t)model->trained_to, 8);
    for (size_t i = 0, n = count_written(model); i < n; i++)
        put_submodel(&model->submodels[i], buf);
    if (buf->failed)
        return;
    size_t len = buf->len - payload_at;
    for (size_t i = 0; i < 8; i++)
        buf->p[length_at + i] = (char)(uint8_t)(len >> 8 * i);
    struct hg_id sum = checksum((struct hg_slice){buf->p + start, buf->len - start});
    hg_buf_add(buf, sum.b, ID_BYTES);
}

/* ---- reading */

static enum hg_rc damaged(const char *what, struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EFORMAT, "the model is damaged: %s", what);
}

static enum hg_rc get_categories(struct bytes_in *in, struct categories *categories, struct hg_err *reterr)
{
    uint32_t n = bytes_get_u32(in);
    categories->unseen = bytes_get_f32(in);
    if (in->failed || n > HG_TRAIN_ROWS_KEPT)
        return damaged("number of categories", reterr);
    enum hg_rc rc = categories_reserve(categories, n, reterr);
    if (rc != HG_OK)
        return rc;
    for (uint32_t i = 0; i < n; i++) {
        categories->codes[i] = bytes_get_u32(in);
        categories->rarity[i] = bytes_get_f32(in);
        categories->share[i] = bytes_get_f32(in);
        if (in->failed || (i > 0 && categories->codes[i] <= categories->codes[i - 1]))
            return damaged("order of categories", reterr);
    }
    categories->n = n;
    return HG_OK;
}

static const struct hg_detector *detector_named(struct hg_slice name)
{
    for (size_t i = 0; i < hg_detector_count(); i++)
        if (hg_slice_is(name, hg_detector_at(i)->name))
            return hg_detector_at(i);
    return NULL;
}

static enum hg_rc get_scorer(struct bytes_in *in, uint32_t kept, struct scorer *scorer, struct hg_err *reterr)
{
    scorer->columns = bytes_get_u32(in);
    scorer->rows = bytes_get_u32(in);
    for (size_t k = 0; k < 3; k++)
        scorer->thresholds[k] = bytes_get_f32(in);
    struct hg_slice name = bytes_take(in, bytes_get_u8(in));
    struct hg_slice state = bytes_take(in, bytes_get_u32(in));
    if (in->failed || scorer->columns == 0 || (scorer->columns & ~kept) != 0)
        return damaged("columns of a detector", reterr);
    scorer->detector = detector_named(name);
    if (scorer->detector == NULL)
        return hg_fail(reterr, HG_EFORMAT, "the model uses a detector that this program doesn't have");
    if (state.len == 0)
        return HG_OK;
    return scorer->detector->parse(state, set_size(scorer->columns), &scorer->state, reterr);
}

/* Returns the set of kept columns. */
static uint32_t get_columns(struct bytes_in *in, struct submodel *submodel)
{
    uint32_t kept = 0;
    for (size_t f = 0; f < HG_FEATURE_COUNT; f++) {
        struct column *column = &submodel->columns[f];
        column->state = bytes_get_u8(in);
        column->missing_percent = bytes_get_u8(in);
        column->low = bytes_get_f32(in);
        column->median = bytes_get_f32(in);
        column->high = bytes_get_f32(in);
        in->failed |= column->state >= COLUMN_STATES || column->missing_percent > 100;
        kept |= column->state == COLUMN_KEPT ? FEATURE_BIT(f) : 0;
    }
    return kept;
}

static enum hg_rc get_submodel(struct bytes_in *in, struct submodel *submodel, struct hg_err *reterr)
{
    submodel->trained_on = bytes_get_u8(in);
    submodel->rows = bytes_get_u32(in);
    submodel->seen = bytes_get(in, 8);
    if (in->failed || submodel->trained_on >= TRAINED_ON_COUNT)
        return damaged("head of a sub-model", reterr);
    if (submodel->rows == 0)
        return HG_OK;
    uint32_t kept = get_columns(in, submodel);
    if (in->failed)
        return damaged("columns", reterr);
    for (size_t c = 0; c < HG_CODE_COUNT; c++) {
        enum hg_rc rc = get_categories(in, &submodel->categories[c], reterr);
        if (rc != HG_OK)
            return rc;
    }
    uint32_t n = bytes_get_u8(in);
    if (in->failed || n > MODEL_SCORERS)
        return damaged("number of detectors", reterr);
    for (uint32_t i = 0; i < n; i++) {
        enum hg_rc rc = get_scorer(in, kept, &submodel->scorers[i], reterr);
        if (rc != HG_OK)
            return rc;
        submodel->n_scorers = i + 1;
    }
    return HG_OK;
}

/* The frame tells a foreign file, another version, a cut and a damage apart. */
static enum hg_rc open_frame(struct hg_slice bytes, struct bytes_in *ret_payload, struct hg_id *ret_digest,
                             struct hg_err *reterr)
{
    struct bytes_in in = {.rest = bytes};
    struct hg_slice magic = bytes_take(&in, MAGIC_BYTES);
    if (in.failed || memcmp(magic.p, MAGIC, MAGIC_BYTES) != 0)
        return hg_fail(reterr, HG_EFORMAT, "not a honeyguide model");
    uint32_t version = bytes_get_u32(&in);
    if (!in.failed && version != VERSION)
        return hg_fail(reterr, HG_EFORMAT, "the model is of version %u, this program reads version %u: train it again",
                       version, VERSION);
    uint64_t len = bytes_get(&in, 8);
    struct hg_slice schema = bytes_take(&in, ID_BYTES);
    if (in.failed || in.rest.len < ID_BYTES || len > in.rest.len - ID_BYTES)
        return hg_fail(reterr, HG_EFORMAT, "the model is cut short: %zu bytes are there", bytes.len);
    if (len != in.rest.len - ID_BYTES)
        return damaged("bytes follow its end", reterr);
    struct hg_id sum = checksum((struct hg_slice){bytes.p, bytes.len - ID_BYTES});
    if (memcmp(sum.b, bytes.p + bytes.len - ID_BYTES, ID_BYTES) != 0)
        return damaged("its checksum is wrong", reterr);
    struct hg_id ours = schema_hash();
    if (memcmp(schema.p, ours.b, ID_BYTES) != 0)
        return hg_fail(reterr, HG_EFORMAT, "the model was trained on another set of features: train it again");
    in.rest.len -= ID_BYTES;
    *ret_payload = in;
    *ret_digest = sum;
    return HG_OK;
}

enum hg_rc hg_model_parse(struct hg_slice bytes, struct hg_model **ret, struct hg_err *reterr)
{
    struct bytes_in in = {0};
    struct hg_id digest = {{0}};
    enum hg_rc rc = open_frame(bytes, &in, &digest, reterr);
    if (rc != HG_OK)
        return rc;
    struct hg_model *model;
    rc = model_create(&model, reterr);
    if (rc != HG_OK)
        return rc;
    model->digest = digest;
    model->seed = bytes_get(&in, 8);
    model->trained_from = (int64_t)bytes_get(&in, 8);
    model->trained_to = (int64_t)bytes_get(&in, 8);
    for (size_t i = 0; rc == HG_OK && i < HG_SUB_COUNT && (i < HG_SUB_ZEEK || in.rest.len > 0); i++)
        rc = get_submodel(&in, &model->submodels[i], reterr);
    if (rc == HG_OK && (in.failed || in.rest.len != 0))
        rc = damaged("its end", reterr);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return rc;
    }
    *ret = model;
    return HG_OK;
}
