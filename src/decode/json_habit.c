#include "decode/json_habit.h"

#include "decode/json_plan.h"
#include "decode/json_quotes.h"
#include "decode/json_shape.h"

#include <stdlib.h>

#define SHAPES  96
#define CHAINS  256           /* a power of two */
#define PERIOD  1024u         /* records after which it is seen whether the habit is worth its while, */
#define LESSONS 64u           /* how many at most are learnt from in one, */
#define SLEEP   (16 * PERIOD) /* and how many are left alone where it wasn't */

struct hg_json_habit {
    const struct hg_json_plan *plan;
    hg_quotes_find *find_quotes;
    hg_shape_read *read_shape;
    uint32_t asleep, reads, misses, lessons;
    uint32_t n_shapes;
    uint8_t chains[CHAINS]; /* by the number of quotes: 1 + number of the shape that fitted last; 0: none */
    struct hg_shape shapes[SHAPES];
};

static void forget_all(struct hg_json_habit *habit)
{
    memset(habit->chains, 0, sizeof habit->chains);
    habit->n_shapes = 0;
}

enum hg_rc hg_json_habit_create(const struct hg_json_plan *plan, struct hg_json_habit **ret, struct hg_err *reterr)
{
    struct hg_json_habit *habit = calloc(1, sizeof *habit);
    if (habit == NULL)
        return hg_fail(reterr, HG_ENOMEM, "json: no memory for a habit");
    habit->plan = plan;
    habit->find_quotes = hg_quotes_kernel();
    habit->read_shape = hg_shape_kernel();
    habit->lessons = LESSONS;
    *ret = habit;
    return HG_OK;
}

void hg_json_habit_destroy(struct hg_json_habit *habit)
{
    free(habit);
}

void hg_json_habit_use_portable(struct hg_json_habit *habit)
{
    habit->find_quotes = hg_quotes_portable;
    habit->read_shape = hg_shape_read_portable;
}

/* ---- reading */

/* Tries the shapes with as many quotes; the one that fits will be tried first next time. */
static bool read_any(struct hg_json_habit *habit, struct hg_slice text, struct hg_json_doc *doc)
{
    uint16_t quotes[HG_QUOTES_MAX + 64];
    int n = habit->find_quotes(text, quotes);
    if (n < 0)
        return false;
    uint8_t *first = &habit->chains[n & (CHAINS - 1)];
    for (uint8_t *link = first; *link != 0;) {
        struct hg_shape *shape = &habit->shapes[*link - 1];
        if (shape->n_quotes == n && habit->read_shape(shape, text, quotes, doc)) {
            uint8_t found = *link;
            *link = shape->next;
            shape->next = *first;
            *first = found;
            return true;
        }
        link = &shape->next;
    }
    return false;
}

/* After each period: a log whose records are all different is better left alone for a while. */
static void look_back(struct hg_json_habit *habit)
{
    if (habit->misses > PERIOD / 2) {
        forget_all(habit);
        habit->asleep = SLEEP;
    }
    habit->reads = habit->misses = 0;
    habit->lessons = LESSONS;
}

bool hg_json_habit_read(struct hg_json_habit *habit, struct hg_slice text, struct hg_json_doc *doc)
{
    if (habit->asleep > 0) {
        habit->asleep--;
        return false;
    }
    if (habit->reads++ == PERIOD)
        look_back(habit);
    if (read_any(habit, text, doc))
        return true;
    habit->misses++;
    return false;
}

/* ---- learning, from text that is known to be one valid object */

struct bracket {
    const struct hg_json_node *node; /* of an object; NULL: nothing in it is wanted */
    const char *start;
    int8_t slot; /* that the whole of it goes to; -1: none */
    bool is_array;
};

struct lesson {
    const struct hg_json_plan *plan;
    const char *p, *end;
    const char *literal; /* where the bytes behind the last value begin */
    struct hg_shape *shape;
    struct hg_shape_step value; /* what is known of it */
    struct bracket open[HG_JSON_DEPTH];
    int depth;
    const char *starts[HG_SHAPE_STEPS];                 /* of the steps' bytes */
    const char *wholes[HG_SHAPE_WHOLES][2]; /* first and last bracket */
};

static void skip_space(struct lesson *l)
{
    while (l->p < l->end && (*l->p == ' ' || *l->p == '\t' || *l->p == '\n' || *l->p == '\r'))
        l->p++;
}

/* The value at hand and the bytes from l->literal to l->p are a step. False: the record has no shape. */
static bool add_step(struct lesson *l)
{
    size_t len = (size_t)(l->p - l->literal);
    if (l->shape->n_steps == HG_SHAPE_STEPS || len > HG_SHAPE_LITERAL)
        return false;
    l->starts[l->shape->n_steps] = l->literal;
    struct hg_shape_step *step = &l->shape->steps[l->shape->n_steps++];
    *step = l->value;
    memset(step->text, 0, sizeof step->text);
    memcpy(step->text, l->literal, len);
    step->mask = (uint32_t)((UINT64_C(1) << len) - 1);
    step->len = step->lead = (uint8_t)len;
    step->quote = l->shape->n_quotes;
    for (size_t i = len; i-- > 0;)
        if (l->literal[i] == '"') {
            step->lead = (uint8_t)i;
            l->shape->n_quotes++;
        }
    return l->shape->n_quotes > step->quote || l->p == l->end; /* by its quotes it is found */
}

/* The key at p, its colon and the white space around it. */
static struct hg_slice take_key(struct lesson *l)
{
    const char *start = ++l->p;
    l->p = memchr(start, '"', (size_t)(l->end - start));
    struct hg_slice name = {start, (size_t)(l->p - start)};
    l->p++;
    skip_space(l);
    l->p++;
    skip_space(l);
    return name;
}

static uint8_t type_of(char first)
{
    return first == '"' ? HG_JSON_STRING : first == 't' ? HG_JSON_TRUE : first == 'f' ? HG_JSON_FALSE : first == 'n' ? HG_JSON_NULL : HG_JSON_NUMBER;
}

static bool learn_scalar(struct lesson *l, const struct hg_json_key *key)
{
    uint8_t type = type_of(*l->p);
    bool string = type == HG_JSON_STRING, word = !string && type != HG_JSON_NUMBER;
    l->p += string;
    if (!add_step(l))
        return false;
    const char *start = l->p;
    while (string ? *l->p != '"' : strchr(" \t\r\n,]}", *l->p) == NULL)
        l->p++;
    l->value = (struct hg_shape_step){.type = type, .slot = key == NULL ? -1 : key->slot};
    l->value.value = string ? HG_SHAPE_STRING : word ? HG_SHAPE_WORD : HG_SHAPE_NUMBER;
    l->value.word = word ? (uint8_t)(l->p - start) : 0;
    l->literal = word ? start : l->p;
    l->p += string;
    if (l->value.slot >= 0)
        l->shape->present |= UINT64_C(1) << l->value.slot;
    return true;
}

static bool open_bracket(struct lesson *l, const struct hg_json_key *key)
{
    if (l->depth == HG_JSON_DEPTH)
        return false;
    bool is_array = *l->p == '[';
    const struct hg_json_node *node = key == NULL || key->child < 0 || is_array ? NULL : &l->plan->nodes[key->child];
    l->open[l->depth++] = (struct bracket){node, l->p, key == NULL ? -1 : key->slot, is_array};
    l->p++;
    return true;
}

static bool close_bracket(struct lesson *l)
{
    const struct bracket *b = &l->open[--l->depth];
    if (b->slot >= 0) {
        if (l->shape->n_wholes == HG_SHAPE_WHOLES)
            return false;
        l->wholes[l->shape->n_wholes][0] = b->start;
        l->wholes[l->shape->n_wholes][1] = l->p;
        l->shape->wholes[l->shape->n_wholes++] =
            (struct hg_shape_whole){.slot = b->slot, .type = b->is_array ? HG_JSON_ARRAY : HG_JSON_OBJECT};
        l->shape->present |= UINT64_C(1) << b->slot;
    }
    l->p++;
    return true;
}

/* One more key with its value, or element; of an object or array its bracket alone. A wanted key that is there twice has no shape. */
static bool learn_member(struct lesson *l)
{
    const struct bracket *in = &l->open[l->depth - 1];
    const struct hg_json_key *key = NULL;
    if (!in->is_array) {
        struct hg_slice name = take_key(l);
        key = in->node == NULL ? NULL : hg_json_find_key(in->node, name);
        if (key != NULL && (l->shape->present & hg_json_key_slots(l->plan, key)) != 0)
            return false;
    }
    return *l->p == '{' || *l->p == '[' ? open_bracket(l, key) : learn_scalar(l, key);
}

/* Where a bracket stands is told by a quote near it. */
static struct hg_shape_mark mark_of(const struct lesson *l, const char *bracket)
{
    for (size_t i = 0; i < l->shape->n_steps; i++) {
        const struct hg_shape_step *step = &l->shape->steps[i];
        if (bracket >= l->starts[i] && bracket < l->starts[i] + step->len)
            return (struct hg_shape_mark){step->quote, (int16_t)(bracket - l->starts[i] - step->lead)};
    }
    return (struct hg_shape_mark){0};
}

static bool learn_shape(struct lesson *l)
{
    *l->shape = (struct hg_shape){0};
    l->value = (struct hg_shape_step){.value = HG_SHAPE_NOTHING, .slot = -1};
    skip_space(l);
    l->open[l->depth++] = (struct bracket){&l->plan->nodes[0], l->p, -1, false};
    for (l->p++; l->depth > 0; skip_space(l)) {
        skip_space(l);
        if (*l->p == ',')
            l->p++;
        else if (*l->p == '}' || *l->p == ']' ? !close_bracket(l) : !learn_member(l))
            return false;
    }
    if (!add_step(l))
        return false;
    for (size_t i = 0; i < l->shape->n_wholes; i++) {
        l->shape->wholes[i].first = mark_of(l, l->wholes[i][0]);
        l->shape->wholes[i].last = mark_of(l, l->wholes[i][1]);
    }
    return true;
}

void hg_json_habit_learn(struct hg_json_habit *habit, struct hg_slice text)
{
    if (habit->asleep > 0 || habit->lessons == 0 || habit->n_shapes == SHAPES || text.len > HG_QUOTES_TEXT ||
        memchr(text.p, '\\', text.len) != NULL)
        return;
    habit->lessons--;
    struct hg_shape *shape = &habit->shapes[habit->n_shapes];
    struct lesson l = {.plan = habit->plan, .p = text.p, .end = text.p + text.len, .literal = text.p, .shape = shape};
    if (!learn_shape(&l))
        return;
    uint8_t *first = &habit->chains[shape->n_quotes & (CHAINS - 1)];
    shape->next = *first;
    *first = (uint8_t)++habit->n_shapes;
}
