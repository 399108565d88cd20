#include "evaluate/truth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct answer { /* an open-addressing table of them; label 0 is a free place */
    struct hg_id id;
    uint8_t label, type;
    bool met; /* asked for */
};

struct hg_truth {
    struct answer *answers;
    size_t n, cap; /* a power of two, at most two thirds full */
    size_t n_met;
};

enum { COLUMN_ID, COLUMN_LABEL, COLUMN_TYPE, COLUMNS };

enum hg_attack_type hg_attack_type_parse(struct hg_slice name)
{
    for (int type = 1; type < HG_ATTACK_TYPE_COUNT; type++)
        if (hg_slice_is(name, hg_attack_type_name((enum hg_attack_type)type)))
            return (enum hg_attack_type)type;
    return name.len == 0 ? HG_ATTACK_TYPE_none : HG_ATTACK_TYPE_other;
}

static struct answer *place_of(const struct hg_truth *truth, const struct hg_id *id)
{
    uint64_t at;
    memcpy(&at, id->b, sizeof at); /* a hash already; mixed, since truth.csv may have been made by hand */
    for (at = hg_mix64(at);; at++) {
        struct answer *answer = &truth->answers[at & (truth->cap - 1)];
        if (answer->label == HG_LABEL_NONE || memcmp(&answer->id, id, sizeof *id) == 0)
            return answer;
    }
}

static enum hg_rc widen(struct hg_truth *truth, struct hg_err *reterr)
{
    struct hg_truth wider = {.cap = truth->cap == 0 ? 4096 : 2 * truth->cap};
    if (truth->n >= HG_TRUTH_EVENTS_MAX)
        return hg_fail(reterr, HG_ENOMEM, "truth: more than %zu events", HG_TRUTH_EVENTS_MAX);
    wider.answers = calloc(wider.cap, sizeof *wider.answers);
    if (wider.answers == NULL)
        return hg_fail(reterr, HG_ENOMEM, "truth: no memory for %zu events", wider.cap);
    for (size_t i = 0; i < truth->cap; i++)
        if (truth->answers[i].label != HG_LABEL_NONE)
            *place_of(&wider, &truth->answers[i].id) = truth->answers[i];
    free(truth->answers);
    truth->answers = wider.answers;
    truth->cap = wider.cap;
    return HG_OK;
}

static struct hg_slice next_cell(struct hg_slice *line)
{
    const char *comma = line->len > 0 ? memchr(line->p, ',', line->len) : NULL;
    size_t len = comma == NULL ? line->len : (size_t)(comma - line->p);
    struct hg_slice cell = {line->p, len};
    *line = hg_slice_from(*line, comma == NULL ? len : len + 1);
    return cell;
}

static bool find_columns(struct hg_slice header, int columns[COLUMNS])
{
    static const char *const names[COLUMNS] = {"event_id", "label", "attack_type"};
    for (int c = 0; c < COLUMNS; c++)
        columns[c] = -1;
    for (int place = 0; header.len > 0; place++) {
        struct hg_slice cell = next_cell(&header);
        for (int c = 0; c < COLUMNS; c++)
            if (hg_slice_is(cell, names[c]))
                columns[c] = place;
    }
    return columns[COLUMN_ID] >= 0 && columns[COLUMN_LABEL] >= 0;
}

static bool take_line(struct hg_truth *truth, struct hg_slice line, const int columns[COLUMNS])
{
    struct hg_slice cells[COLUMNS] = {0};
    for (int place = 0; line.len > 0; place++) {
        struct hg_slice cell = next_cell(&line);
        for (int c = 0; c < COLUMNS; c++)
            if (columns[c] == place)
                cells[c] = cell;
    }
    struct answer answer = {.type = (uint8_t)hg_attack_type_parse(cells[COLUMN_TYPE])};
    bool attack = hg_slice_is(cells[COLUMN_LABEL], "Attack");
    if (!hg_id_parse(cells[COLUMN_ID], &answer.id) || (!attack && !hg_slice_is(cells[COLUMN_LABEL], "Normal")))
        return false;
    answer.label = attack ? HG_LABEL_ATTACK : HG_LABEL_NORMAL;
    struct answer *place = place_of(truth, &answer.id);
    truth->n += place->label == HG_LABEL_NONE;
    *place = answer;
    return true;
}

static struct hg_slice without_end(const char *line, ssize_t len)
{
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
        len--;
    return (struct hg_slice){line, (size_t)len};
}

static enum hg_rc take_file(struct hg_truth *truth, FILE *file, const char *path, struct hg_err *reterr)
{
    char *line = NULL;
    size_t room = 0, number = 0;
    int columns[COLUMNS];
    enum hg_rc rc = widen(truth, reterr);
    for (ssize_t len; rc == HG_OK && (len = getline(&line, &room, file)) >= 0;) {
        struct hg_slice text = without_end(line, len);
        if (++number == 1) {
            if (!find_columns(text, columns))
                rc = hg_fail(reterr, HG_EFORMAT, "%s is no truth.csv: its header lacks event_id or label", path);
            continue;
        }
        if (3 * (truth->n + 1) > 2 * truth->cap)
            rc = widen(truth, reterr);
        if (rc == HG_OK && text.len > 0 && !take_line(truth, text, columns))
            rc = hg_fail(reterr, HG_EFORMAT, "%s, line %zu: not an event_id of 32 hex digits with the label Attack or Normal", path, number);
    }
    free(line);
    if (rc == HG_OK && ferror(file) != 0)
        return hg_fail(reterr, HG_EIO, "can't read %s", path);
    if (rc == HG_OK && number == 0)
        return hg_fail(reterr, HG_EFORMAT, "%s is empty", path);
    return rc;
}

enum hg_rc hg_truth_read(const char *path, struct hg_truth **ret, struct hg_err *reterr)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return hg_fail(reterr, HG_EIO, "can't open %s", path);
    struct hg_truth *truth = calloc(1, sizeof *truth);
    enum hg_rc rc = truth == NULL ? hg_fail(reterr, HG_ENOMEM, "truth: no memory") : take_file(truth, file, path, reterr);
    fclose(file);
    if (rc == HG_OK)
        *ret = truth;
    else
        hg_truth_destroy(truth);
    return rc;
}

void hg_truth_destroy(struct hg_truth *truth)
{
    if (truth != NULL)
        free(truth->answers);
    free(truth);
}

enum hg_label hg_truth_of(struct hg_truth *truth, const struct hg_id *id, enum hg_attack_type *ret_type)
{
    struct answer *answer = place_of(truth, id);
    truth->n_met += answer->label != HG_LABEL_NONE && !answer->met;
    answer->met = answer->label != HG_LABEL_NONE;
    *ret_type = answer->label == HG_LABEL_ATTACK ? (enum hg_attack_type)answer->type : HG_ATTACK_TYPE_none;
    return answer->label == HG_LABEL_ATTACK ? HG_LABEL_ATTACK : HG_LABEL_NORMAL;
}

size_t hg_truth_met(const struct hg_truth *truth)
{
    return truth->n_met;
}

size_t hg_truth_listed(const struct hg_truth *truth)
{
    return truth->n;
}
