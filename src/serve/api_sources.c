/* GET /sources: the logs that events come from. */
#include "serve/serve_priv.h"

#include <stdlib.h>

#define KEYS_MAX 10000u

static struct hg_tally window_of(const struct hg_key_tallies *tallies, const struct hg_id *identity)
{
    char key[HG_ID_TEXT_BYTES + 1] = "";
    hg_id_print(identity, key);
    for (size_t i = 0; i < tallies->n; i++)
        if (strcmp(tallies->rows[i].key, key) == 0)
            return tallies->rows[i].tally;
    return (struct hg_tally){0};
}

static void put_input(const struct hg_input_state *input, const struct hg_key_tallies *tallies, struct hg_jsonw *w)
{
    struct hg_tally window = window_of(tallies, &input->identity);
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "name");
    hg_jsonw_text(w, input->name);
    hg_jsonw_key(w, "format");
    hg_jsonw_text(w, input->format);
    hg_jsonw_key(w, "identity");
    hg_jsonw_id(w, &input->identity);
    hg_jsonw_key(w, "shift_seconds");
    hg_jsonw_f64(w, (double)input->shift_us / (double)HG_SECOND);
    hg_json_count(w, "events", input->counts.decoded - input->counts.duplicates);
    hg_jsonw_key(w, "last_event");
    hg_jsonw_time(w, input->last_event_us);
    hg_jsonw_key(w, "first_event");
    hg_jsonw_time(w, input->first_event_us);
    hg_jsonw_key(w, "counts");
    hg_counts_json(&input->counts, w);
    hg_jsonw_key(w, "window");
    hg_tally_json(&window, w);
    hg_jsonw_close(w, '}');
}

void hg_handle_sources(struct hg_call *call)
{
    struct hg_view view;
    struct hg_arena arena;
    struct hg_input_state *inputs = NULL;
    struct hg_key_tallies tallies = {0};
    size_t n = 0;
    if (!hg_view_begin(&view, call))
        return;
    hg_arena_init(&arena, 64 * 1024, 64 * 1024 * 1024);
    enum hg_rc rc = hg_reader_inputs(view.reader, &arena, &inputs, &n, &view.err);
    if (rc == HG_OK)
        rc = hg_reader_keys(view.reader, HG_DIM_SOURCE, view.range, KEYS_MAX, &tallies, &view.err);
    if (rc == HG_OK) {
        hg_view_open(&view);
        hg_jsonw_key(&call->w, "sources");
        hg_jsonw_open(&call->w, '[');
        for (size_t i = 0; i < n; i++)
            put_input(&inputs[i], &tallies, &call->w);
        hg_jsonw_close(&call->w, ']');
        hg_jsonw_close(&call->w, '}');
    }
    free(inputs);
    free(tallies.rows);
    hg_view_end(&view, rc);
    hg_arena_free(&arena);
}
