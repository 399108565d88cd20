#include "base/rng.h"
#include "detect/ocsvm.h"

#include <math.h>
#include <stdlib.h>

#include <libsvm/svm.h>

/*
 * Training, by libsvm. It draws no random numbers for this kind of machine, so the same rows give the same support vectors. Its
 * kernel calls libm's exp, whose last bit may differ between processors: two machines may train coefficients that differ in theirs.
 * A model is trained once and its file travels; from the file on, the bits are the same everywhere. When memory ends, libsvm ends the
 * program (it checks no allocation of its own); what it takes is bounded: CACHE_MIB, and the rows below.
 */
#define CACHE_MIB 100.0
#define TOLERANCE 1e-3 /* libsvm's own default */
/* nu, the share of the training rows that may lie outside: twice the contamination, since a border that passes just round the attacks
 * bends towards them. And gamma times the columns used: a third of the squared width that is usual for standardised columns, as the
 * rows lie much closer together than their deviations say. docs/detection.md has the measurements. */
#define NU_LEAST  0.05
#define NU_MOST   0.5
#define NU_FACTOR 2
#define GAMMA     3.0

#define FULL_COLUMNS 64u /* of more columns fewer rows are taken, so that training costs no more */

size_t ocsvm_sample(size_t rows, size_t columns, uint64_t seed, size_t *ret_rows)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    size_t n = 0, most = OCSVM_SAMPLE;
    while (columns > FULL_COLUMNS && most * most * columns > (size_t)OCSVM_SAMPLE * OCSVM_SAMPLE * FULL_COLUMNS)
        most -= 10;
    for (size_t i = 0; i < rows && n < most; i++) /* Knuth's selection sampling; takes all that are few enough */
        if (rows <= most || hg_rng_below(&rng, rows - i) < most - n)
            ret_rows[n++] = i;
    return n;
}

struct columns { /* of the sample */
    uint32_t used;
    uint16_t column_of[HG_COLUMNS_MAX];
    double means[HG_COLUMNS_MAX], deviations[HG_COLUMNS_MAX];
};

struct training {
    const struct hg_table *table;
    size_t rows, *row_of;
    struct columns columns;
    struct svm_problem problem; /* all its rows stand in one array, which x[0] begins */
};

static inline float cell(const struct training *training, size_t column, size_t i)
{
    return training->table->cells[column * training->table->stride + training->row_of[i]];
}

/* False: the column is the same in all rows, and says nothing. */
static bool spread(const struct training *training, size_t column, double *ret_mean, double *ret_deviation)
{
    double sum = 0, squares = 0, n = (double)training->rows;
    bool varies = false;
    for (size_t i = 0; i < training->rows; i++) {
        varies |= cell(training, column, i) < cell(training, column, 0) || cell(training, column, i) > cell(training, column, 0);
        sum += (double)cell(training, column, i);
    }
    for (size_t i = 0; i < training->rows; i++) {
        double difference = (double)cell(training, column, i) - sum / n;
        squares += difference * difference;
    }
    *ret_mean = sum / n;
    *ret_deviation = sqrt(squares / n);
    return varies;
}

static void choose_columns(struct training *training)
{
    struct columns *columns = &training->columns;
    for (size_t c = 0; c < training->table->columns; c++) {
        if (spread(training, c, &columns->means[columns->used], &columns->deviations[columns->used]))
            columns->column_of[columns->used++] = (uint16_t)c;
    }
}

/* The standardised rows as libsvm wants them: index and value, an index of -1 at the end. */
static bool state_problem(struct training *training)
{
    const struct columns *columns = &training->columns;
    size_t width = (size_t)columns->used + 1;
    struct svm_problem *problem = &training->problem;
    struct svm_node *nodes = malloc(training->rows * width * sizeof *nodes);
    problem->l = (int)training->rows;
    problem->y = calloc(training->rows, sizeof *problem->y);
    problem->x = calloc(training->rows, sizeof *problem->x);
    if (nodes == NULL || problem->y == NULL || problem->x == NULL) {
        free(nodes);
        return false;
    }
    for (size_t i = 0; i < training->rows; i++) {
        problem->x[i] = nodes + i * width;
        for (uint32_t c = 0; c < columns->used; c++) {
            double difference = (double)cell(training, columns->column_of[c], i) - columns->means[c];
            problem->x[i][c] = (struct svm_node){.index = (int)c + 1, .value = difference / columns->deviations[c]};
        }
        problem->x[i][columns->used] = (struct svm_node){.index = -1};
    }
    return true;
}

static void free_problem(struct svm_problem *problem)
{
    free(problem->x != NULL ? problem->x[0] : NULL);
    free(problem->x);
    free(problem->y);
}

static void say_nothing(const char *text)
{
    (void)text;
}

/* The machine as it is stored: of libsvm's model the support vectors' rows, their coefficients, and rho. */
static enum hg_rc keep(const struct training *training, const struct svm_model *model, double gamma, struct hg_detector_state **ret,
                       struct hg_err *reterr)
{
    const struct columns *columns = &training->columns;
    struct hg_detector_state *svm;
    enum hg_rc rc = ocsvm_create((uint32_t)training->table->columns, columns->used, (uint32_t)model->l, &svm, reterr);
    if (rc != HG_OK)
        return rc;
    svm->gamma = gamma;
    svm->rho = model->rho[0];
    for (uint32_t c = 0; c < columns->used; c++) {
        svm->column_of[c] = columns->column_of[c];
        svm->means[c] = columns->means[c];
        svm->deviations[c] = columns->deviations[c];
    }
    for (uint32_t i = 0; i < svm->vectors; i++) {
        svm->coefficients[i] = model->sv_coef[0][i];
        for (uint32_t c = 0; c < columns->used; c++)
            svm->cells[(size_t)i * columns->used + c] = cell(training, columns->column_of[c], (size_t)model->sv_indices[i] - 1);
    }
    HG_ASSERT(ocsvm_finish(svm));
    *ret = svm;
    return HG_OK;
}

static enum hg_rc train(struct training *training, double contamination, struct hg_detector_state **ret, struct hg_err *reterr)
{
    double nu = NU_FACTOR * contamination;
    struct svm_parameter parameter = {
        .svm_type = ONE_CLASS,
        .kernel_type = RBF,
        .gamma = GAMMA / training->columns.used,
        .nu = nu < NU_LEAST ? NU_LEAST : nu > NU_MOST ? NU_MOST : nu,
        .cache_size = CACHE_MIB,
        .eps = TOLERANCE,
        .shrinking = 1,
    };
    svm_set_print_string_function(say_nothing);
    struct svm_model *model = svm_train(&training->problem, &parameter);
    enum hg_rc rc = keep(training, model, parameter.gamma, ret, reterr);
    svm_free_and_destroy_model(&model);
    return rc;
}

static enum hg_rc fit_sampled(struct training *training, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                              struct hg_err *reterr)
{
    training->rows = ocsvm_sample(training->table->rows, training->table->columns, settings->seed, training->row_of);
    choose_columns(training);
    if (training->columns.used == 0) { /* nothing varies, nothing is odd: every score is 0 */
        enum hg_rc rc = ocsvm_create((uint32_t)training->table->columns, 0, 0, ret, reterr);
        if (rc == HG_OK)
            (*ret)->gamma = 1;
        return rc;
    }
    enum hg_rc rc = HG_ENOMEM;
    if (!state_problem(training))
        hg_fail(reterr, rc, "ocsvm: no memory for %zu rows of %u columns", training->rows, training->columns.used);
    else
        rc = train(training, (double)settings->contamination, ret, reterr);
    free_problem(&training->problem);
    return rc;
}

enum hg_rc ocsvm_fit(const struct hg_table *table, const struct hg_fit_settings *settings, struct hg_detector_state **ret,
                     struct hg_err *reterr)
{
    if (table->rows < 2 || table->columns < 1 || table->columns > HG_COLUMNS_MAX)
        return hg_fail(reterr, HG_ESTATE, "ocsvm: can't fit %zu rows of %zu columns", table->rows, table->columns);
    struct training *training = calloc(1, sizeof *training);
    size_t *row_of = calloc(OCSVM_SAMPLE, sizeof *row_of);
    enum hg_rc rc = HG_ENOMEM;
    if (training == NULL || row_of == NULL) {
        hg_fail(reterr, rc, "ocsvm: no memory to sample %zu rows", table->rows);
    } else {
        training->table = table;
        training->row_of = row_of;
        rc = fit_sampled(training, settings, ret, reterr);
    }
    free(training);
    free(row_of);
    return rc;
}
