/*
 * `--format table`: what the commands that take tables share. A command lists HG_OPTIONS_TABLE among its options, gives to
 * hg_table_option() those that hg_table_takes(), and once all are read, asks hg_table_asked():
 *
 *     struct hg_table_options table = {0};
 *     …
 *     else if (hg_table_takes(option) ? !hg_table_option(command, &table, option, optarg) : !hg_common_option(…))
 *     …
 *     if (hg_table_wrong(command, &common, &table)) return EXIT_USAGE;
 *     if (hg_table_asked(&common)) { … hg_table_read(command, path, &table, NULL, &sheet); … hg_sheet_free(&sheet); }
 *     hg_table_options_free(&table);
 */
#ifndef HG_APP_TABLE_INPUT_H
#define HG_APP_TABLE_INPUT_H

#include "app/command.h"
#include "core/sheet.h"

#define HG_OPTIONS_TABLE {"label-column", required_argument, NULL, HG_OPT_LABEL_COLUMN}, {"drop", required_argument, NULL, HG_OPT_DROP}
#define HG_HELP_TABLE \
    "  --format table                              any CSV file of numbers and categories with a header (an empty cell is missing)\n" \
    "  --label-column NAME                         the table's column that says what a row is: 0, normal, benign, … or an attack's name\n" \
    "  --drop NAME,...                             columns of the table to leave out; repeatable\n"

struct hg_table_options { /* zeroed: none given */
    const char *label_column;
    const char **drop;
    size_t n_drop, cap_drop;
};

static inline bool hg_table_takes(int option)
{
    return option == HG_OPT_LABEL_COLUMN || option == HG_OPT_DROP;
}
/* Takes one of them; the names point into argument, which is cut at its commas. false after saying what was wrong. */
bool hg_table_option(const struct hg_command *command, struct hg_table_options *options, int option, char *argument);
void hg_table_options_free(struct hg_table_options *options);

bool hg_table_asked(const struct hg_common *common); /* --format table */
/* Were they given without --format table? Says so. */
bool hg_table_wrong(const struct hg_command *command, const struct hg_common *common, const struct hg_table_options *options);

/* Reads the table at path (plain, gzip or zstd; "-": standard input), and says on standard error what was left out. schema: a model's
 * columns, or NULL. EXIT_DONE and a sheet to free, or the status after saying what was wrong. */
int hg_table_read(const struct hg_command *command, const char *path, const struct hg_table_options *options,
                  const struct hg_sheet_schema *schema, struct hg_sheet *ret);

#endif
