#include "behave/behave.h"

#include <math.h>
#include <stdlib.h>

void hg_behave_none(size_t n, struct hg_matrix *matrix)
{
    for (int f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++)
        for (size_t i = 0; i < n; i++)
            hg_matrix_column(matrix, (enum hg_feature)f)[i] = NAN;
}

struct hg_behave {
    int64_t since_us;
};

enum hg_rc hg_behave_create(const struct hg_behave_settings *settings, struct hg_behave **ret, struct hg_err *reterr)
{
    (void)settings;
    struct hg_behave *behave = calloc(1, sizeof *behave);
    if (behave == NULL)
        return hg_fail(reterr, HG_ENOMEM, "behaviour: no memory");
    *ret = behave;
    return HG_OK;
}

void hg_behave_destroy(struct hg_behave *behave)
{
    free(behave);
}

size_t hg_behave_run(struct hg_behave *behave, const struct hg_event *const *events, size_t n, struct hg_matrix *matrix,
                     struct hg_finding *ret_findings)
{
    (void)behave;
    (void)events;
    (void)ret_findings;
    hg_behave_none(n, matrix);
    return 0;
}
