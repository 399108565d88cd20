#include "core/filter_priv.h"

static const struct {
    const char *name, *others, *words;
    enum hg_filter_type type;
} fields[] = {
#define HG_FILTER_FIELD(name, type, others, words) {#name, others, words, HG_FILTER_OF_##type},
#include "core/filter_fields.def"
#undef HG_FILTER_FIELD
    {"text", "", "text of the raw record", HG_FILTER_OF_text},
};
_Static_assert(HG_FILTER_FIELD_COUNT <= 64, "hg_filter.fields has a bit for each");

const char *hg_filter_field_name(enum hg_filter_field field)
{
    return fields[field].name;
}

const char *hg_filter_field_words(enum hg_filter_field field)
{
    return fields[field].words;
}

const char *hg_filter_field_others(enum hg_filter_field field)
{
    return fields[field].others;
}

enum hg_filter_type hg_filter_field_type(enum hg_filter_field field)
{
    return fields[field].type;
}

bool hg_filter_is_ordered(enum hg_filter_field field)
{
    return fields[field].type == HG_FILTER_OF_number || fields[field].type == HG_FILTER_OF_time || field == HG_FILTER_severity;
}

static bool is_among(struct hg_slice name, const char *others)
{
    while (*others != '\0') {
        size_t len = strcspn(others, " ");
        if (len == name.len && hg_filter_begins(others, name))
            return true;
        others += len + (others[len] == ' ');
    }
    return false;
}

enum hg_filter_field hg_filter_field_of(struct hg_slice name)
{
    for (int i = 0; i < HG_FILTER_TEXT; i++)
        if (hg_filter_same(name, fields[i].name) || is_among(name, fields[i].others))
            return (enum hg_filter_field)i;
    return HG_FILTER_FIELD_COUNT;
}

/* ---- names of lists */

uint32_t hg_filter_names(enum hg_filter_field field)
{
    switch ((int)field) {
    case HG_FILTER_dataset:
        return HG_DATASET_COUNT;
    case HG_FILTER_type:
        return HG_ATTACK_TYPE_COUNT;
    case HG_FILTER_label:
        return HG_LABEL_ATTACK + 1;
    case HG_FILTER_by:
        return (HG_BY_LABEL | HG_BY_SCORE) + 1;
    case HG_FILTER_severity:
        return HG_SEVERITY_HIGH + 1;
    case HG_FILTER_rule:
        return HG_RULE_COUNT;
    case HG_FILTER_direction:
        return HG_DIRECTION_NONE;
    case HG_FILTER_late:
        return 2;
    default:
        return 0;
    }
}

const char *hg_filter_name(enum hg_filter_field field, uint32_t number, const char **ret_words)
{
    const char *words = "";
    const char *name = NULL;
    switch ((int)field) {
    case HG_FILTER_dataset:
        name = hg_dataset_name((enum hg_dataset)number);
        break;
    case HG_FILTER_type:
        name = hg_attack_type_name((enum hg_attack_type)number);
        words = hg_attack_type_words((enum hg_attack_type)number);
        break;
    case HG_FILTER_label:
        name = hg_label_name((enum hg_label)number);
        break;
    case HG_FILTER_by:
        name = hg_by_name(number);
        break;
    case HG_FILTER_severity:
        name = hg_severity_name((enum hg_severity)number);
        break;
    case HG_FILTER_rule:
        name = hg_rule_name((enum hg_rule)number);
        words = hg_rule_words((enum hg_rule)number);
        break;
    case HG_FILTER_direction:
        name = hg_direction_name((enum hg_direction)number);
        break;
    case HG_FILTER_late:
        name = number == 1 ? "yes" : "no";
        break;
    default:
        break;
    }
    if (ret_words != NULL)
        *ret_words = words;
    return name;
}

/* ---- the nearest spelling */

#define SPELLED_MAX 24u

/* Letters to put in, leave out, change or swap (optimal string alignment). */
static unsigned distance(struct hg_slice a, const char *b)
{
    size_t len = strlen(b);
    if (a.len > SPELLED_MAX || len > SPELLED_MAX)
        return SPELLED_MAX;
    unsigned rows[3][SPELLED_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    memset(rows, 0, sizeof rows);
    for (unsigned j = 0; j <= len; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            char x = hg_filter_lower(a.p[i - 1]), y = hg_filter_lower(b[j - 1]);
            unsigned least = last[j - 1] + (x != y);
            least = last[j] + 1 < least ? last[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && x == hg_filter_lower(b[j - 2]) && hg_filter_lower(a.p[i - 2]) == y && before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            row[j] = least;
        }
        unsigned *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[len];
}

struct nearest {
    struct hg_slice typed;
    const char *name;
    unsigned distance;
};

static void try_name(struct nearest *nearest, const char *candidate, const char *name)
{
    unsigned far = distance(nearest->typed, candidate);
    if (nearest->typed.len >= 3 && hg_filter_begins(candidate, nearest->typed)) /* the beginning of a name */
        far = 1;
    if (far < nearest->distance) {
        nearest->distance = far;
        nearest->name = name;
    }
}

/* Half of what was typed may be wrong, and no more. */
static struct nearest nearest_to(struct hg_slice typed)
{
    return (struct nearest){.typed = typed, .distance = (unsigned)(typed.len < SPELLED_MAX ? typed.len : SPELLED_MAX) / 2 + 1};
}

const char *hg_filter_nearest_field(struct hg_slice typed)
{
    struct nearest nearest = nearest_to(typed);
    for (int i = 0; i < HG_FILTER_TEXT; i++) {
        try_name(&nearest, fields[i].name, fields[i].name);
        const char *other = fields[i].others;
        while (*other != '\0') {
            char name[SPELLED_MAX + 1];
            size_t len = strcspn(other, " ");
            if (len <= SPELLED_MAX) {
                memcpy(name, other, len);
                name[len] = '\0';
                try_name(&nearest, name, fields[i].name);
            }
            other += len + (other[len] == ' ');
        }
    }
    return nearest.name;
}

const char *hg_filter_nearest_name(enum hg_filter_field field, struct hg_slice typed)
{
    struct nearest nearest = nearest_to(typed);
    for (uint32_t i = 0; i < hg_filter_names(field); i++) {
        const char *name = hg_filter_name(field, i, NULL);
        if (name != NULL)
            try_name(&nearest, name, name);
    }
    return nearest.name;
}
