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
