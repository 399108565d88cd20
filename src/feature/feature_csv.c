#include "base/buf.h"
#include "feature/feature.h"

void hg_features_csv_header(struct hg_buf *buf)
{
    for (int f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        if (f > 0)
            hg_buf_char(buf, ',');
        hg_buf_text(buf, hg_feature_name((enum hg_feature)f));
    }
}

void hg_features_csv_row(const struct hg_matrix *matrix, size_t row, struct hg_buf *buf)
{
    for (int f = 0; f < HG_FEATURE_FIRST_CODE; f++) {
        if (f > 0)
            hg_buf_char(buf, ',');
        float value = hg_matrix_column(matrix, (enum hg_feature)f)[row];
        if (value - value == 0.0f)
            hg_buf_f32(buf, value);
    }
}
