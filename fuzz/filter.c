/* Filters: any bytes give a tree that is whole or a fault that lies in them; completion stays within the text; what is put comes back. */
#include "fuzz.h"

#include "core/filter.h"

static void check_tree(const struct hg_filter *filter)
{
    FUZZ_CHECK(filter->root < filter->n_nodes && filter->n_terms >= 1 && filter->n_terms <= HG_FILTER_TERMS_MAX);
    for (uint32_t i = 0; i < filter->n_nodes; i++) {
        const struct hg_filter_node *node = &filter->nodes[i];
        if (node->kind == HG_FILTER_TERM) {
            FUZZ_CHECK(node->first < filter->n_terms && (filter->fields >> filter->terms[node->first].field & 1) != 0);
            continue;
        }
        FUZZ_CHECK(node->kind == HG_FILTER_NOT ? node->count == 1 : node->count >= 2);
        for (uint32_t c = 0; c < node->count; c++)
            FUZZ_CHECK(filter->children[node->first + c] < i);
    }
}

static struct hg_event event_of(struct hg_slice text)
{
    struct hg_event event = {.missing = text.len % 2 == 0 ? 0 : (1u << HG_FIELD_COUNT) - 1, .destination_port = 22, .record = text, .kind = text};
    for (int i = 0; i < HG_TRAIT_COUNT; i++)
        event.traits[i] = text;
    return event;
}

/* Two filters that ask for the opposite of one another never agree. */
static void check_match(const struct hg_filter *filter, struct hg_slice text)
{
    struct hg_event event = event_of(text);
    struct hg_score score = {.value = 0.5};
    struct hg_filter_row row = {.event = &event, .score = &score, .source = "log"};
    struct hg_filter_node nodes[2] = {{HG_FILTER_TERM, 0, 0}, {HG_FILTER_NOT, 0, 1}};
    uint32_t child = 0;
    (void)hg_filter_match(filter, &row);
    for (uint32_t i = 0; i < filter->n_terms; i++) {
        struct hg_filter_term term = filter->terms[i];
        struct hg_filter one = {.nodes = nodes, .children = &child, .terms = &term, .n_nodes = 2, .n_terms = 1, .root = 1};
        FUZZ_CHECK(hg_filter_match(&one, &row) == !hg_filter_match_term(&term, &row));
    }
}

static void check_value(struct hg_slice value, struct hg_arena *arena)
{
    struct hg_buf buf;
    struct hg_event event = event_of(value);
    struct hg_filter_row row = {.event = &event};
    const struct hg_filter *filter = NULL;
    struct hg_filter_fault fault;
    hg_buf_init(&buf, (size_t)4 * HG_FILTER_BYTES_MAX);
    hg_filter_put_value(HG_FILTER_command, value, &buf);
    if (buf.len <= HG_FILTER_BYTES_MAX) {
        FUZZ_CHECK(hg_filter_parse(hg_buf_slice(&buf), 0, arena, &filter, &fault, NULL) == HG_OK && filter->n_terms == 1);
        FUZZ_CHECK(hg_filter_match(filter, &row));
    }
    hg_buf_free(&buf);
}

static void count(void *self, const char *text, const char *words)
{
    *(size_t *)self += strlen(text) + strlen(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct hg_arena arena;
    const struct hg_filter *filter = NULL;
    struct hg_filter_fault fault;
    struct hg_filter_place place;
    size_t offered = 0, len = size - 1;
    char *copy = fuzz_copy(data + 1, len, 0, 0);
    struct hg_slice text = {copy, len};
    hg_arena_init(&arena, 65536, (size_t)1 << 20);
    if (hg_filter_parse(text, INT64_C(1736370900000000), &arena, &filter, &fault, NULL) != HG_OK)
        FUZZ_CHECK(fault.offset + fault.len <= len && fault.expected[0] != '\0');
    else if (filter != NULL) {
        check_tree(filter);
        check_match(filter, text);
    }
    hg_filter_complete(text, data[0], count, &offered, &place);
    FUZZ_CHECK(place.from <= place.to && place.to <= len && place.typed.len <= len);
    check_value(text, &arena);
    hg_arena_free(&arena);
    free(copy);
    return 0;
}
