#include "core/score.h"

const char *hg_severity_name(enum hg_severity severity)
{
    static const char *const names[] = {"none", "low", "medium", "high"};
    return names[severity];
}

const char *hg_by_name(unsigned by)
{
    static const char *const names[] = {NULL, "label", "score", "both"};
    return names[by & 3];
}
