/*
 * What a model is made of. A sub-model keeps some of the features, and has a detector for each set of columns that its
 * rows had together: no gap ever reaches a detector on the fast path.
 */
#ifndef HG_DETECT_MODEL_PRIV_H
#define HG_DETECT_MODEL_PRIV_H

#include "detect/detect.h"
#include "detect/model.h"

#define MODEL_SCORERS 8 /* sets of columns, at most */

/* A set of features: bit 1u << enum hg_feature. */
_Static_assert(HG_FEATURE_COUNT <= 32, "a set of features is 32 bits wide");
#define FEATURE_BIT(feature) (1u << (feature))

static inline bool feature_is_code(size_t feature)
{
    return feature >= HG_FEATURE_FIRST_CODE;
}

enum column_state { COLUMN_KEPT = 0, COLUMN_MISSING, COLUMN_CONSTANT, COLUMN_SHORT_CLOCK, COLUMN_STATES };

struct column {
    uint8_t state;           /* enum column_state */
    uint8_t missing_percent; /* of the training rows, rounded up */
    float low, median, high; /* 5th, 50th and 95th percentile; of a category's share for codes */
};

/* A category's code to its share of the training rows and the -log of that. Sorted by code. */
struct categories {
    uint32_t *codes;
    float *rarity, *share;
    uint32_t n;
    float unseen; /* rarity of any other */
};

/* A detector on a set of columns, and the scores above which a row counts as low, medium, high. */
struct scorer {
    const struct hg_detector *detector;
    struct hg_detector_state *state; /* NULL: none of these columns varied */
    uint32_t columns;                /* set of features */
    uint32_t rows;                   /* it was fitted on */
    float thresholds[3];
};

enum trained_on { TRAINED_ON_NORMAL, TRAINED_ON_UNLABELLED, TRAINED_ON_ALL, TRAINED_ON_COUNT };

struct submodel {
    uint8_t trained_on; /* enum trained_on */
    uint32_t rows;      /* 0: there is no such sub-model */
    uint64_t seen;      /* rows that could have been used */
    struct column columns[HG_FEATURE_COUNT];
    struct categories categories[HG_CODE_COUNT];
    uint32_t n_scorers;
    struct scorer scorers[MODEL_SCORERS]; /* most columns first */
};

struct hg_model {
    uint64_t seed;
    int64_t trained_from, trained_to; /* HG_TIME_NONE when no event said its time */
    struct submodel submodels[HG_SUB_COUNT];
    struct hg_id digest;
};

/* A zeroed model. */
enum hg_rc model_create(struct hg_model **ret, struct hg_err *reterr);
enum hg_rc categories_reserve(struct categories *categories, uint32_t n, struct hg_err *reterr);

/* The position of a code, or categories->n. */
static inline uint32_t categories_find(const struct categories *categories, uint32_t code)
{
    uint32_t low = 0, n = categories->n;
    while (n > 0) {
        uint32_t half = n / 2;
        bool beyond = categories->codes[low + half] < code;
        low = beyond ? low + half + 1 : low;
        n = beyond ? n - half - 1 : half;
    }
    return low < categories->n && categories->codes[low] == code ? low : categories->n;
}

static inline float categories_rarity(const struct categories *categories, uint32_t code)
{
    uint32_t i = categories_find(categories, code);
    return i < categories->n ? categories->rarity[i] : categories->unseen;
}

static inline float categories_share(const struct categories *categories, uint32_t code)
{
    uint32_t i = categories_find(categories, code);
    return i < categories->n ? categories->share[i] : 0;
}

/* The scorer with the most columns that a row with such columns has; NULL where none fits. */
static inline const struct scorer *submodel_scorer(const struct submodel *submodel, uint32_t available)
{
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        if ((submodel->scorers[i].columns & ~available) == 0)
            return &submodel->scorers[i];
    return NULL;
}

/* The scorer that shares most columns with them; NULL where none shares any. */
const struct scorer *submodel_nearest_scorer(const struct submodel *submodel, uint32_t available);

static inline size_t set_size(uint32_t set)
{
    return (size_t)__builtin_popcount(set);
}

/* Fits one sub-model to rows in a reservoir. */
struct train_row {
    float cells[HG_FEATURE_FIRST_CODE];
    uint32_t codes[HG_CODE_COUNT];
};
enum hg_rc submodel_fit(const struct train_row *rows, size_t n, bool with_clock, uint64_t seed, struct submodel *ret,
                        struct hg_err *reterr);

/* Why a column is left out, for a person; for COLUMN_KEPT, "". */
void column_reason(const struct column *column, struct hg_buf *buf);

#endif
