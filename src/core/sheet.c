#include "core/sheet.h"

#include <stdlib.h>

void hg_sheet_free(struct hg_sheet *sheet)
{
    for (size_t i = 0; i < sheet->n_columns; i++) {
        free(sheet->columns[i].name);
        free(sheet->columns[i].numbers);
        free(sheet->columns[i].codes);
    }
    for (size_t i = 0; i < sheet->n_families; i++)
        free(sheet->family_names[i]);
    free(sheet->columns);
    free(sheet->family_names);
    free(sheet->labels);
    free(sheet->families);
    *sheet = (struct hg_sheet){0};
}
