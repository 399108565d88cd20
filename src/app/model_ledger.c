#include "app/model_ledger.h"

#include "pipeline/refit_plan.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_BYTES  ((size_t)64 * 1024 * 1024)
#define START_MIN  4u  /* characters of a digest, at least */
#define SHORT_ID   12  /* of it are shown in a table */

bool hg_ledger_verb(const char *verb)
{
    static const char *const verbs[] = {"show", "list", "rollback", "pause", "resume"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

struct ledger {
    struct hg_arena arena;
    struct hg_model_record *rows; /* newest first */
    size_t n;
};

static enum hg_rc read_ledger(struct hg_reader_db *reader, struct ledger *ret, struct hg_err *reterr)
{
    *ret = (struct ledger){.rows = NULL};
    hg_arena_init(&ret->arena, (size_t)64 * 1024, OUT_BYTES);
    return hg_reader_models(reader, HG_LEDGER_LINES, &ret->arena, &ret->rows, &ret->n, reterr);
}

static void ledger_free(struct ledger *ledger)
{
    free(ledger->rows);
    hg_arena_free(&ledger->arena);
}

static bool begins(const struct hg_id *digest, const char *start)
{
    char text[HG_ID_TEXT_BYTES];
    size_t len = strlen(start);
    hg_id_print(digest, text);
    return len <= sizeof text && memcmp(text, start, len) == 0;
}

enum hg_rc hg_ledger_find(struct hg_reader_db *reader, const char *start, struct hg_id *ret, struct hg_err *reterr)
{
    struct ledger ledger;
    const struct hg_id *found = NULL;
    bool several = false;
    enum hg_rc rc = read_ledger(reader, &ledger, reterr);
    for (size_t i = 0; rc == HG_OK && i < ledger.n; i++) {
        const struct hg_id *digest = &ledger.rows[i].digest;
        if (strlen(start) < START_MIN || !begins(digest, start))
            continue;
        several = several || (found != NULL && memcmp(found, digest, sizeof *digest) != 0);
        found = digest;
    }
    if (rc == HG_OK && (found == NULL || several))
        rc = hg_fail(reterr, HG_EUSAGE, "%s model of the ledger has a digest that begins with '%s' (at least %u characters)",
                     several ? "more than one" : "no", start, START_MIN);
    if (rc == HG_OK)
        *ret = *found;
    ledger_free(&ledger);
    return rc;
}

enum hg_rc hg_ledger_line(struct hg_reader_db *reader, const struct hg_id *digest, struct hg_jsonw *w, struct hg_err *reterr)
{
    struct ledger ledger;
    enum hg_rc rc = read_ledger(reader, &ledger, reterr);
    size_t at = 0;
    while (rc == HG_OK && at < ledger.n && memcmp(&ledger.rows[at].digest, digest, sizeof *digest) != 0)
        at++;
    if (rc == HG_OK && at < ledger.n) {
        hg_jsonw_open(w, '{');
        hg_model_record_json_members(&ledger.rows[at], w);
        hg_jsonw_close(w, '}');
    } else if (rc == HG_OK) {
        hg_jsonw_null(w);
    }
    ledger_free(&ledger);
    return rc;
}

/* ---- list */

static void put_text(const struct ledger *ledger, struct hg_buf *out)
{
    if (ledger->n == 0) {
        hg_buf_text(out, "no model was in force yet\n");
        return;
    }
    hg_buf_text(out, "digest        from event  source clock                     rows  alerts  why\n");
    for (size_t i = 0; i < ledger->n; i++) {
        const struct hg_model_record *row = &ledger->rows[i];
        char id[HG_ID_TEXT_BYTES], from[HG_TIME_TEXT_BYTES + 1] = "-";
        hg_id_print(&row->digest, id);
        if (row->clock_us != HG_TIME_NONE)
            hg_time_print(row->clock_us, from);
        hg_buf_printf(out, "%.*s  %10llu  %-27s %9llu  %6llu  %s%s%s\n", SHORT_ID, id, (unsigned long long)row->sequence, from,
                      (unsigned long long)row->rows, (unsigned long long)row->alerts, hg_learn_reason_words(row->reason),
                      row->reference ? " (the reference)" : "", row->kept ? "" : " (no longer kept)");
    }
}

static void put_json(const struct ledger *ledger, struct hg_buf *out)
{
    struct hg_jsonw w = {.buf = out};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "ledger");
    hg_jsonw_open(&w, '[');
    for (size_t i = 0; i < ledger->n; i++) {
        hg_jsonw_open(&w, '{');
        hg_model_record_json_members(&ledger->rows[i], &w);
        hg_jsonw_close(&w, '}');
    }
    hg_jsonw_close(&w, ']');
    hg_jsonw_close(&w, '}');
    hg_buf_char(out, '\n');
}

static enum hg_rc list(struct hg_reader_db *reader, bool json, struct hg_err *reterr)
{
    struct ledger ledger;
    struct hg_buf out;
    hg_buf_init(&out, OUT_BYTES);
    enum hg_rc rc = read_ledger(reader, &ledger, reterr);
    if (rc == HG_OK) {
        json ? put_json(&ledger, &out) : put_text(&ledger, &out);
        rc = out.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to print with") : hg_output(hg_buf_slice(&out), reterr);
    }
    hg_buf_free(&out);
    ledger_free(&ledger);
    return rc;
}

/* ---- what changes the state */

static enum hg_rc roll_back(struct hg_reader_db *reader, const char *state, const char *start, struct hg_err *reterr)
{
    struct hg_id digest;
    char text[HG_ID_TEXT_BYTES];
    enum hg_rc rc = hg_ledger_find(reader, start, &digest, reterr);
    if (rc == HG_OK)
        rc = hg_refit_rollback(state, &digest, reterr);
    if (rc != HG_OK)
        return rc;
    hg_id_print(&digest, text);
    printf("model %.*s is in force from the next event on; refits pause until `honeyguide model resume --state %s`\n", HG_ID_TEXT_BYTES, text, state);
    return HG_OK;
}

static enum hg_rc pause_refits(const char *state, bool paused, struct hg_err *reterr)
{
    enum hg_rc rc = hg_refit_pause(state, paused, reterr);
    if (rc == HG_OK)
        puts(paused ? "refits pause; one that is under way takes effect still" : "refits go on");
    return rc;
}

int hg_ledger_run(const struct hg_command *command, const char *verb, const char *state, const char *argument, bool json)
{
    bool rolls = strcmp(verb, "rollback") == 0, lists = strcmp(verb, "list") == 0;
    struct hg_reader_db *reader;
    struct hg_err err;
    if (state == NULL)
        return hg_usage(command, "--state DIR says whose");
    if (rolls && argument == NULL)
        return hg_usage(command, "rollback takes the DIGEST of a model that `honeyguide model list` shows");
    if (!rolls && argument != NULL)
        return hg_usage(command, "%s takes no argument", verb);
    enum hg_rc rc = hg_store_reader_open(state, &reader, &err);
    if (rc != HG_OK)
        return hg_failed(command, &err);
    uint64_t sequence;
    int64_t clock_us;
    if (lists) {
        rc = hg_reader_begin(reader, &sequence, &clock_us, &err);
        if (rc == HG_OK) {
            rc = list(reader, json, &err);
            hg_reader_end(reader);
        }
    } else if (rolls) {
        rc = roll_back(reader, state, argument, &err);
    } else {
        rc = pause_refits(state, strcmp(verb, "pause") == 0, &err);
    }
    hg_store_reader_close(reader);
    return rc == HG_OK ? EXIT_DONE : hg_failed(command, &err);
}
