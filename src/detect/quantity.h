/* Quantities as a person says them: 3.8 GB, 41 minutes, 12,400, 0.02 %. */
#ifndef HG_DETECT_QUANTITY_H
#define HG_DETECT_QUANTITY_H

#include "base/buf.h"

#include <stdbool.h>

void quantity_put_bytes(double bytes, struct hg_buf *buf);
void quantity_put_duration(double seconds, struct hg_buf *buf);
void quantity_put_number(double value, struct hg_buf *buf);
void quantity_put_percent(double share, struct hg_buf *buf);
void quantity_put_hour(double hour, struct hg_buf *buf);

/* To two significant digits, up or down. */
double quantity_round(double value, bool up);
/* The unit in seconds that a duration is shown in. */
double quantity_duration_unit(double seconds);

#endif
