#include "detect/bytes.h"
#include "detect/model_priv.h"

#include <stdlib.h>

/*
 * A model as bytes, all numbers little endian:
 *   "HGMODEL\0", version u32, length of the payload u64, hash of the features' names and kinds (16 bytes), payload,
 *   checksum (SipHash-128 of all before it), which is also the model's digest.
 * The payload: seed, trained from and to, whether it is of a table (then its columns' names), then the sub-models in the order of
 * their kinds. From HG_SUB_ZEEK on, kinds of which nothing was seen are left out at the end.
 */
#define MAGIC       "HGMODEL"
#define MAGIC_BYTES sizeof MAGIC
#define VERSION     3u
#define ID_BYTES    sizeof(struct hg_id)
#define FRAME_BYTES (MAGIC_BYTES + 4 + 8 + ID_BYTES + ID_BYTES)

static struct hg_id checksum(struct hg_slice bytes)
{
    static const struct hg_id key = {"honeyguide model"};
    return hg_siphash128(&key, bytes);
}

struct hg_id model_schema_hash(void)
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

static void put_column(const struct column *column, struct hg_buf *buf)
{
    bytes_put(buf, column->state, 1);
    bytes_put(buf, column->is_category, 1);
    bytes_put(buf, column->logarithm, 1);
    bytes_put(buf, column->excess, 1);
    bytes_put(buf, column->missing_percent, 1);
    bytes_put(buf, column->bit, 1);
    bytes_put_f32(buf, column->low);
    bytes_put_f32(buf, column->median);
    bytes_put_f32(buf, column->high);
    if (column->is_category)
        put_categories(&column->categories, buf);
}

static void put_name(const char *name, struct hg_buf *buf)
{
    size_t len = strlen(name);
    bytes_put(buf, len, 2);
    hg_buf_add(buf, name, len);
}

static void put_scorer(const struct scorer *scorer, struct hg_buf *buf)
{
    bytes_put(buf, scorer->set, 8);
    bytes_put(buf, scorer->rows, 4);
    put_name(scorer->detector->name, buf);
    size_t opened = bytes_open(buf);
    if (scorer->state == NULL)
        return;
    scorer->detector->serialise(scorer->state, buf);
    bytes_close(buf, opened);
    calibration_put(scorer->calibration, buf);
}

static void put_f64(struct hg_buf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(buf, bits, 8);
}

static void put_submodel(const struct submodel *submodel, struct hg_buf *buf)
{
    bytes_put(buf, submodel->trained_on, 1);
    bytes_put(buf, submodel->rows, 4);
    bytes_put(buf, submodel->seen, 8);
    put_f64(buf, submodel->events_a_day);
    if (submodel->rows == 0)
        return;
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        put_column(&submodel->columns[c], buf);
    bytes_put(buf, submodel->n_scorers, 1);
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        put_scorer(&submodel->scorers[i], buf);
}

static void put_names(const struct hg_model *model, struct hg_buf *buf)
{
    bytes_put(buf, model->submodels[0].n_columns, 4);
    for (uint32_t c = 0; c < model->submodels[0].n_columns; c++)
        put_name(model->names[c], buf);
}

static size_t count_written(const struct hg_model *model)
{
    size_t n = model->of_table ? 1 : HG_SUB_COUNT;
    while (n > HG_SUB_ZEEK && model->submodels[n - 1].seen == 0)
        n--;
    return n;
}

void hg_model_serialise(const struct hg_model *model, struct hg_buf *buf)
{
    size_t start = buf->len;
    struct hg_id schema = model_schema_hash();
    hg_buf_add(buf, MAGIC, MAGIC_BYTES);
    bytes_put(buf, VERSION, 4);
    size_t length_at = buf->len;
    bytes_put(buf, 0, 8);
    hg_buf_add(buf, schema.b, ID_BYTES);
    size_t payload_at = buf->len;
    bytes_put(buf, model->seed, 8);
    bytes_put(buf, (uint64_t)model->trained_from, 8);
    bytes_put(buf, (uint64_t)model->trained_to, 8);
    bytes_put(buf, model->of_table, 1);
    if (model->of_table)
        put_names(model, buf);
    size_t n = count_written(model);
    if (!model->of_table)
        bytes_put(buf, n, 1);
    for (size_t i = 0; i < n; i++)
        put_submodel(&model->submodels[i], buf);
    for (size_t i = 0; i < n && !model->of_table; i++)
        put_submodel(&model->behaviour[i], buf);
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
    return categories_make_index(categories, reterr);
}

static enum hg_rc get_column(struct bytes_in *in, struct column *column, struct hg_err *reterr)
{
    column->state = bytes_get_u8(in);
    uint8_t is_category = bytes_get_u8(in), logarithm = bytes_get_u8(in), excess = bytes_get_u8(in);
    column->is_category = is_category == 1;
    column->logarithm = logarithm == 1;
    column->excess = excess == 1;
    column->missing_percent = bytes_get_u8(in);
    column->bit = bytes_get_u8(in);
    column->low = bytes_get_f32(in);
    column->median = bytes_get_f32(in);
    column->high = bytes_get_f32(in);
    if (in->failed || column->state >= COLUMN_STATES || is_category > 1 || logarithm > 1 || excess > 1 || column->missing_percent > 100 ||
        column->bit > SHARED_BIT)
        return damaged("a column", reterr);
    return column->is_category ? get_categories(in, &column->categories, reterr) : HG_OK;
}

/* Which bits the kept columns have. */
static uint64_t kept_set(const struct submodel *submodel)
{
    uint64_t set = 0;
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        if (submodel->columns[c].state == COLUMN_KEPT)
            set |= UINT64_C(1) << submodel->columns[c].bit;
    return set;
}

static enum hg_rc get_calibration(struct bytes_in *in, struct scorer *scorer, struct hg_err *reterr)
{
    scorer->calibration = calloc(1, sizeof *scorer->calibration);
    if (scorer->calibration == NULL)
        return hg_fail(reterr, HG_ENOMEM, "model: no memory for a calibration");
    return calibration_get(in, scorer->calibration) ? HG_OK : damaged("a calibration", reterr);
}

static enum hg_rc get_scorer(struct bytes_in *in, const struct submodel *submodel, struct scorer *scorer, struct hg_err *reterr)
{
    scorer->set = bytes_get(in, 8);
    scorer->rows = bytes_get_u32(in);
    struct hg_slice name = bytes_take(in, bytes_get(in, 2));
    struct hg_slice state = bytes_take(in, bytes_get_u32(in));
    if (in->failed || scorer->set == 0 || (scorer->set & ~kept_set(submodel)) != 0)
        return damaged("columns of a detector", reterr);
    for (uint32_t c = 0; c < submodel->n_columns; c++)
        scorer->n_columns += scorer_uses(scorer, &submodel->columns[c]);
    scorer->detector = hg_detector_named(name);
    if (scorer->detector == NULL)
        return hg_fail(reterr, HG_EFORMAT, "the model uses a detector that this program doesn't have");
    if (state.len == 0)
        return HG_OK;
    enum hg_rc rc = scorer->detector->parse(state, scorer->n_columns, &scorer->state, reterr);
    return rc == HG_OK ? get_calibration(in, scorer, reterr) : rc;
}

static double get_f64(struct bytes_in *in)
{
    uint64_t bits = bytes_get(in, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    in->failed |= !(value - value == 0);
    return in->failed ? 0 : value;
}

static enum hg_rc get_submodel(struct bytes_in *in, uint32_t n_columns, struct submodel *submodel, struct hg_err *reterr)
{
    submodel->trained_on = bytes_get_u8(in);
    submodel->rows = bytes_get_u32(in);
    submodel->seen = bytes_get(in, 8);
    submodel->events_a_day = get_f64(in);
    if (in->failed || submodel->trained_on >= TRAINED_ON_COUNT)
        return damaged("head of a sub-model", reterr);
    if (submodel->rows == 0)
        return HG_OK;
    enum hg_rc rc = submodel_make_columns(submodel, n_columns, reterr);
    for (uint32_t c = 0; rc == HG_OK && c < n_columns; c++)
        rc = get_column(in, &submodel->columns[c], reterr);
    if (rc != HG_OK)
        return rc;
    uint32_t n = bytes_get_u8(in);
    if (in->failed || n > MODEL_SCORERS)
        return damaged("number of detectors", reterr);
    for (uint32_t i = 0; rc == HG_OK && i < n; i++) {
        submodel->n_scorers = i + 1;
        rc = get_scorer(in, submodel, &submodel->scorers[i], reterr);
    }
    return rc;
}

/* Of logs the columns are the features, and of their kinds. */
static bool columns_are_features(const struct submodel *submodel)
{
    for (size_t f = 0; submodel->rows > 0 && f < HG_FEATURE_COUNT; f++)
        if (submodel->columns[f].state != COLUMN_ELSEWHERE && submodel->columns[f].is_category != (f >= HG_FEATURE_FIRST_CODE))
            return false;
    return true;
}

static enum hg_rc get_names(struct bytes_in *in, struct hg_model *model, uint32_t *ret_columns, struct hg_err *reterr)
{
    uint32_t n = bytes_get_u32(in);
    if (in->failed || n == 0 || n > HG_SHEET_COLUMNS_MAX)
        return damaged("number of columns", reterr);
    model->names = calloc(n, sizeof *model->names);
    for (uint32_t c = 0; model->names != NULL && c < n; c++) {
        struct hg_slice name = bytes_take(in, bytes_get(in, 2));
        if (in->failed || memchr(name.p, '\0', name.len) != NULL)
            return damaged("a column's name", reterr);
        model->n_names = c + 1;
        if ((model->names[c] = strndup(name.p, name.len)) == NULL)
            return hg_fail(reterr, HG_ENOMEM, "model: no memory for names");
    }
    *ret_columns = n;
    return model->names != NULL ? HG_OK : hg_fail(reterr, HG_ENOMEM, "model: no memory for names");
}

static enum hg_rc get_table(struct bytes_in *in, struct hg_model *model, struct hg_err *reterr)
{
    uint32_t columns = 0;
    enum hg_rc rc = get_names(in, model, &columns, reterr);
    if (rc == HG_OK)
        rc = get_submodel(in, columns, &model->submodels[0], reterr);
    if (rc == HG_OK && model->submodels[0].rows == 0)
        rc = damaged("a table without rows", reterr);
    return rc == HG_OK ? model_note_categories(model, reterr) : rc;
}

static enum hg_rc get_each(struct bytes_in *in, size_t n, struct submodel *submodels, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        rc = get_submodel(in, HG_FEATURE_COUNT, &submodels[i], reterr);
        if (rc == HG_OK && !columns_are_features(&submodels[i]))
            rc = damaged("kinds of columns", reterr);
    }
    return rc;
}

static enum hg_rc get_submodels(struct bytes_in *in, struct hg_model *model, struct hg_err *reterr)
{
    size_t n = bytes_get_u8(in);
    if (in->failed || n > HG_SUB_COUNT)
        return damaged("number of sub-models", reterr);
    enum hg_rc rc = get_each(in, n, model->submodels, reterr);
    return rc == HG_OK ? get_each(in, n, model->behaviour, reterr) : rc;
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
    struct hg_id ours = model_schema_hash();
    if (memcmp(schema.p, ours.b, ID_BYTES) != 0)
        return hg_fail(reterr, HG_EFORMAT, "the model was trained on another set of features: train it again");
    in.rest.len -= ID_BYTES;
    *ret_payload = in;
    *ret_digest = sum;
    return HG_OK;
}

bool hg_model_outdated(struct hg_slice bytes)
{
    if (bytes.len < FRAME_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
        return false;
    struct hg_id sum = checksum((struct hg_slice){bytes.p, bytes.len - ID_BYTES}), ours = model_schema_hash();
    struct bytes_in in = {.rest = hg_slice_from(bytes, MAGIC_BYTES)};
    uint32_t version = bytes_get_u32(&in);
    bool whole = memcmp(sum.b, bytes.p + bytes.len - ID_BYTES, ID_BYTES) == 0;
    return whole && (version != VERSION || memcmp(ours.b, bytes.p + MAGIC_BYTES + 4 + 8, ID_BYTES) != 0);
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
    model->of_table = bytes_get_u8(&in) == 1;
    rc = model->of_table ? get_table(&in, model, reterr) : get_submodels(&in, model, reterr);
    if (rc == HG_OK && (in.failed || in.rest.len != 0))
        rc = damaged("its end", reterr);
    if (rc != HG_OK) {
        hg_model_destroy(model);
        return rc;
    }
    *ret = model;
    return HG_OK;
}
