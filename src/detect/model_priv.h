/*
 * What a model is made of. A sub-model keeps some of the columns, and has a detector for each set of columns that its rows had
 * together: no gap ever reaches a detector on the fast path.
 */
#ifndef HG_DETECT_MODEL_PRIV_H
#define HG_DETECT_MODEL_PRIV_H

#include "detect/calibration.h"
#include "detect/detect.h"
#include "detect/model.h"
#include "detect/prepare.h"

#define MODEL_SCORERS   8 /* sets of columns, at most */
#define MODEL_BYTES_MAX ((size_t)256 * 1024 * 1024)

/* A set of columns has 64 bits. Up to COLUMN_BITS columns have one each; in a wider table only those with gaps, and SHARED_BIT
 * stands for all the others together. */
#define COLUMN_BITS 63u
#define SHARED_BIT  63u

/* A detector on a set of columns, and what makes p-values of its scores. */
struct scorer {
    const struct hg_detector *detector;
    struct hg_detector_state *state; /* NULL: none of these columns varied */
    struct calibration *calibration; /* NULL with state */
    uint64_t set;
    uint32_t n_columns;
    uint32_t rows; /* it was fitted on, or calibrated with */
};

enum trained_on { TRAINED_ON_NORMAL, TRAINED_ON_UNLABELLED, TRAINED_ON_ALL, TRAINED_ON_COUNT };

struct submodel {
    uint8_t trained_on;    /* enum trained_on */
    uint32_t rows;         /* 0: there is no such sub-model */
    uint64_t seen;         /* rows that could have been used */
    double events_a_day;   /* of them, in event time; 0 unknown */
    uint32_t n_columns;
    struct column *columns;
    uint32_t n_scorers;
    struct scorer scorers[MODEL_SCORERS]; /* most columns first */
};

struct hg_model {
    uint64_t seed;
    int64_t trained_from, trained_to; /* HG_TIME_NONE when no event said its time */
    bool of_table;                    /* submodels[0] alone is there, of the columns below */
    char **names;                     /* of the table's columns; NULL else */
    uint32_t n_names;
    bool *categories;                 /* which of them are; NULL else */
    struct submodel submodels[HG_SUB_COUNT]; /* events by themselves */
    struct submodel behaviour[HG_SUB_COUNT]; /* the same events by what came before them: the behaviour columns alone */
    struct hg_id digest;
};

/* A zeroed model. */
enum hg_rc model_create(struct hg_model **ret, struct hg_err *reterr);
/* Of the features' names and kinds: rows and models of others can't be read. */
struct hg_id model_schema_hash(void);
/* Gives it its digest, which is of its content. */
enum hg_rc model_take_digest(struct hg_model *model, struct hg_err *reterr);
/* HG_TIME_NONE: nothing is known. */
void model_widen_period(struct hg_model *model, int64_t from_us, int64_t to_us);
/* Fills `categories` of a table's model from its sub-model. */
enum hg_rc model_note_categories(struct hg_model *model, struct hg_err *reterr);
void submodel_free(struct submodel *submodel);
enum hg_rc submodel_make_columns(struct submodel *submodel, uint32_t n, struct hg_err *reterr);

static inline bool scorer_uses(const struct scorer *scorer, const struct column *column)
{
    return column->state == COLUMN_KEPT && (scorer->set >> column->bit & 1) != 0;
}

/* The scorer with the most columns that a row with such columns has; NULL where none fits. */
static inline const struct scorer *submodel_scorer(const struct submodel *submodel, uint64_t available)
{
    for (uint32_t i = 0; i < submodel->n_scorers; i++)
        if ((submodel->scorers[i].set & ~available) == 0)
            return &submodel->scorers[i];
    return NULL;
}

/* ret[i]: the set of kept columns that row order[i] (row i where order is NULL) has. */
void submodel_available(const struct submodel *submodel, const struct rows_view *view, const uint32_t *order, size_t n, uint64_t *ret);
/* The scorer's columns of the rows, prepared, one after the other at `stride`. */
void submodel_prepare(const struct submodel *submodel, const struct scorer *scorer, const struct rows_view *view, const uint32_t *order,
                      size_t n, float *ret, size_t stride);

/* ---- fitting: submodel_fit.c */
struct submodel_settings {
    uint64_t seed;
    const struct hg_detector *detector;
    float contamination;
    bool with_clock;
    size_t rows_min;                /* fewer rows make no set of columns of its own */
    const enum column_kind *kinds;  /* by column */
    const bool *edge;               /* by row: it only calibrates; NULL: none */
    uint64_t elsewhere;             /* bits of columns that are another sub-model's */
};
/* Fits to all n rows of the view. ret->trained_on, seen and events_a_day are the caller's. */
enum hg_rc submodel_fit(const struct rows_view *view, size_t n, const struct submodel_settings *settings, struct submodel *ret,
                        struct hg_err *reterr);

/* ---- scoring: submodel_score.c */
#define CHUNK_ROWS 4096u /* at most, of one call: bounds the scratch; no result depends on it */

/* What one sub-model says of a row; state: enum hg_score_state. */
struct verdict {
    double p;
    uint8_t state;
    bool partial;
    uint16_t columns;
};

struct chunk_scratch {
    uint64_t available[CHUNK_ROWS];
    uint8_t group[CHUNK_ROWS];
    uint32_t rows[CHUNK_ROWS], places[CHUNK_ROWS]; /* sorted by group */
    float results[CHUNK_ROWS];
    float *cells; /* the sub-model's columns by CHUNK_ROWS */
    float *row;   /* the sub-model's columns */
};
/* Indexes 0 to n by their keys, those of one key in their order; ret_ends[k]: where those of key k end. */
void counting_sort(const uint8_t *keys, size_t n, size_t n_keys, uint32_t *ret_order, size_t *ret_ends);
/* Judges rows[i] of the view into ret[places[i]], i < n <= CHUNK_ROWS. */
void submodel_score(const struct submodel *submodel, const struct rows_view *view, const uint32_t *rows, const uint32_t *places, size_t n,
                    struct chunk_scratch *scratch, struct verdict *ret);
/* The scorer of a row, its values in scratch->row (NaN where missing); NULL where it shares no column with any. */
const struct scorer *submodel_row(const struct submodel *submodel, const struct rows_view *view, uint32_t row, struct chunk_scratch *scratch);

/* The matrix of events as rows: the columns' pointers go into the arrays. */
struct matrix_view {
    const float *numbers[HG_FEATURE_COUNT];
    const uint32_t *codes[HG_FEATURE_COUNT];
};
struct rows_view view_of_matrix(const struct hg_matrix *matrix, struct matrix_view *columns);

/* The event's sub-model, of itself or of what came before it, and the scorer of a row of the matrix, NULL where there is none with a state; model_prepared_row() is what it sees
 * then, until the scratch is used again. */
const struct scorer *model_row_of_matrix(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                                         size_t row, const struct hg_matrix *matrix, bool by_behaviour, const struct submodel **ret);
const float *model_prepared_row(const struct hg_score_scratch *scratch);

/* Why a column is left out, for a person; for COLUMN_KEPT, "". */
void column_reason(const struct column *column, struct hg_buf *buf);
/* How a sub-model's column is called. */
const char *model_column_name(const struct hg_model *model, size_t c);

#endif
