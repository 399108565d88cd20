#include "detect/detect.h"

#define HG_DETECTOR(name) extern const struct hg_detector hg_detector_##name;
#include "detect/detectors.def"
#undef HG_DETECTOR

static const struct hg_detector *const detectors[] = {
#define HG_DETECTOR(name) &hg_detector_##name,
#include "detect/detectors.def"
#undef HG_DETECTOR
};

size_t hg_detector_count(void)
{
    return sizeof detectors / sizeof *detectors;
}

const struct hg_detector *hg_detector_at(size_t i)
{
    return detectors[i];
}

const struct hg_detector *hg_detector_named(struct hg_slice name)
{
    for (size_t i = 0; i < hg_detector_count(); i++)
        if (hg_slice_is(name, detectors[i]->name))
            return detectors[i];
    return NULL;
}

const struct hg_detector *hg_detector_default(void)
{
    return detectors[0];
}
