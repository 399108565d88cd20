/* The one-class SVM's scoring against libsvm's own, on one core: the same support vectors, the same rows, in turns. */
#include "bench/detectors.h"
#include "detect/ocsvm.h"

#include <math.h>

#include <libsvm/svm.h>

#define COLUMNS     BENCH_COLUMNS
#define FACTORS     3u
#define TRAIN_ROWS  3000u
#define SCORE_ROWS  65536u
#define LIBSVM_ROWS 4096u /* it is slow */

/* Columns hang together, as they do in logs: each is a mixture of few factors, and noise of its own. */
static struct hg_table make_table(size_t rows, uint64_t seed)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    float *cells = calloc(rows * COLUMNS, sizeof *cells);
    HG_ASSERT(cells != NULL);
    for (size_t i = 0; i < rows; i++) {
        double factors[FACTORS];
        for (size_t f = 0; f < FACTORS; f++)
            factors[f] = hg_rng_unit(&rng) + hg_rng_unit(&rng);
        for (size_t c = 0; c < COLUMNS; c++)
            cells[c * rows + i] = (float)(factors[c % FACTORS] + 0.5 * factors[c / FACTORS % FACTORS] + 0.5 * hg_rng_unit(&rng));
    }
    return (struct hg_table){.cells = cells, .rows = rows, .columns = COLUMNS, .stride = rows};
}

static void standardise(const struct hg_detector_state *svm, uint32_t c, float value, struct svm_node *ret)
{
    *ret = (struct svm_node){.index = (int)c + 1, .value = ((double)value - svm->means[c]) / svm->deviations[c]};
}

/* The same machine as libsvm holds it. */
static struct svm_model libsvm_of(const struct hg_detector_state *svm)
{
    size_t width = svm->used + 1;
    struct svm_node *nodes = calloc(svm->vectors * width, sizeof *nodes);
    struct svm_model model = {.param = {.svm_type = ONE_CLASS, .kernel_type = RBF, .gamma = svm->gamma}, .nr_class = 2};
    model.l = (int)svm->vectors;
    model.SV = calloc(svm->vectors, sizeof *model.SV);
    model.sv_coef = calloc(1, sizeof *model.sv_coef);
    model.rho = calloc(1, sizeof *model.rho);
    HG_ASSERT(nodes != NULL && model.SV != NULL && model.sv_coef != NULL && model.rho != NULL);
    for (uint32_t i = 0; i < svm->vectors; i++) {
        model.SV[i] = nodes + i * width;
        for (uint32_t c = 0; c < svm->used; c++)
            standardise(svm, c, svm->cells[i * svm->used + c], &model.SV[i][c]);
        model.SV[i][svm->used].index = -1;
    }
    model.sv_coef[0] = svm->coefficients;
    model.rho[0] = svm->rho;
    return model;
}

/* Standardising is part of our scoring, and so of the time that libsvm is given. */
static double libsvm_rate(const struct hg_detector_state *svm, const struct svm_model *model, const struct hg_table *table,
                          double *ret_values)
{
    double start = bench_cpu_ns();
    for (size_t i = 0; i < LIBSVM_ROWS; i++) {
        struct svm_node nodes[COLUMNS + 1];
        for (uint32_t c = 0; c < svm->used; c++)
            standardise(svm, c, table->cells[svm->column_of[c] * table->stride + i], &nodes[c]);
        nodes[svm->used].index = -1;
        svm_predict_values(model, nodes, &ret_values[i]);
    }
    return LIBSVM_ROWS / (bench_cpu_ns() - start) * 1e9;
}

static double own_rate(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct hg_table *table, float *scores)
{
    double start = bench_cpu_ns();
    ocsvm_score_with(kernel, svm, table, scores);
    return (double)table->rows / (bench_cpu_ns() - start) * 1e9;
}

static double worst_difference(const struct hg_detector_state *svm, const struct hg_table *table, const double *values)
{
    static double own[LIBSVM_ROWS];
    struct hg_table few = *table;
    double worst = 0;
    few.rows = LIBSVM_ROWS;
    ocsvm_decide_with(&ocsvm_kernel_portable, svm, &few, own);
    for (size_t i = 0; i < LIBSVM_ROWS; i++)
        worst = fmax(worst, fabs(own[i] + values[i]));
    return worst;
}

static void kernel(const struct ocsvm_kernel *kernel, const struct hg_detector_state *svm, const struct svm_model *model,
                   const struct hg_table *table, float *scores, double *values)
{
    double theirs[BENCH_ROUNDS], ours[BENCH_ROUNDS], ratios[BENCH_ROUNDS];
    for (size_t round = 0; round < BENCH_ROUNDS; round++) {
        theirs[round] = libsvm_rate(svm, model, table, values);
        ours[round] = own_rate(kernel, svm, table, scores);
        ratios[round] = ours[round] / theirs[round];
    }
    bench_figure(bench_at(ours, BENCH_ROUNDS, 0.5), "rows/s", "one-class SVM, %s", kernel->name);
    bench_figure(bench_at(theirs, BENCH_ROUNDS, 0.5), "rows/s", "one-class SVM, libsvm beside %s", kernel->name);
    bench_figure(bench_at(ratios, BENCH_ROUNDS, 0.5), "times", "one-class SVM, %s to libsvm", kernel->name);
}

void bench_ocsvm(const struct bench *bench)
{
    struct hg_table train = make_table(TRAIN_ROWS, 1), table = make_table(bench->quick ? SCORE_ROWS / 4 : SCORE_ROWS, 2);
    struct hg_detector_state *svm;
    float *scores = calloc(SCORE_ROWS, sizeof *scores);
    double *values = calloc(LIBSVM_ROWS, sizeof *values);
    double start = bench_cpu_ns();
    HG_ASSERT(scores != NULL && values != NULL);
    enum hg_rc rc = ocsvm_fit(&train, &(struct hg_fit_settings){.seed = 1, .contamination = 0}, &svm, NULL);
    HG_ASSERT(rc == HG_OK);
    bench_figure((bench_cpu_ns() - start) / 1e6, "ms", "one-class SVM, fit of %u x %u", TRAIN_ROWS, COLUMNS);
    bench_figure(svm->vectors, "vectors", "one-class SVM, support");
    struct svm_model model = libsvm_of(svm);
    for (size_t k = 0; k < ocsvm_kernel_count; k++)
        if (ocsvm_kernels[k]->runs_here())
            kernel(ocsvm_kernels[k], svm, &model, &table, scores, values);
    bench_figure(worst_difference(svm, &table, values), "at most", "one-class SVM, difference from libsvm's decision values");
    free(scores);
    free(values);
}
