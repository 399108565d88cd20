#include "detect/phrase.h"
#include "detect/quantity.h"

/* ---- quantities */

struct measure {
    const char *subject; /* NULL: the event itself */
    const char *verb;
    void (*put)(double value, struct hg_buf *buf);
    const char *one, *many; /* the noun behind the figure, "" for none */
    const char *after;
};

#define SOURCE "the source"
#define TARGET "the target"
#define PAIR   "the two addresses"

static const struct measure *measure_of(enum hg_feature feature)
{
    static const struct measure measures[HG_FEATURE_COUNT] = {
        [HG_FEATURE_duration] = {NULL, "stayed open for", quantity_put_duration, "", "", ""},
        [HG_FEATURE_total_bytes] = {NULL, "moved", quantity_put_bytes, "", "", " in both directions"},
        [HG_FEATURE_total_packets] = {NULL, "took", quantity_put_number, " packet", " packets", " in both directions"},
        [HG_FEATURE_bytes_per_second] = {NULL, "moved", quantity_put_bytes, "", "", " a second"},
        [HG_FEATURE_packets_per_second] = {NULL, "took", quantity_put_number, " packet", " packets", " a second"},
        [HG_FEATURE_bytes_per_packet] = {NULL, "carried", quantity_put_bytes, "", "", " a packet on average"},
        [HG_FEATURE_bytes_ratio] = {NULL, "sent", quantity_put_percent, "", "", " of the bytes itself"},
        [HG_FEATURE_packets_ratio] = {NULL, "sent", quantity_put_percent, "", "", " of the packets itself"},
        [HG_FEATURE_hour] = {NULL, "came at", quantity_put_hour, "", "", ""},
        [HG_FEATURE_src_events_1m] = {SOURCE, "caused", quantity_put_number, " event", " events", " within a minute"},
        [HG_FEATURE_src_events_1h] = {SOURCE, "caused", quantity_put_number, " event", " events", " within an hour"},
        [HG_FEATURE_src_targets_10m] = {SOURCE, "turned to", quantity_put_number, " address", " addresses", " within 10 minutes"},
        [HG_FEATURE_src_ports_10m] = {SOURCE, "turned to", quantity_put_number, " port", " ports", " within 10 minutes"},
        [HG_FEATURE_src_failed_10m] = {SOURCE, "failed in", quantity_put_percent, "", "", " of its tries within 10 minutes"},
        [HG_FEATURE_src_bytes_sent_1h] = {SOURCE, "sent", quantity_put_bytes, "", "", " within an hour"},
        [HG_FEATURE_dst_events_1m] = {TARGET, "received", quantity_put_number, " event", " events", " within a minute"},
        [HG_FEATURE_dst_events_10m] = {TARGET, "received", quantity_put_number, " event", " events", " within 10 minutes"},
        [HG_FEATURE_dst_sources_1m] = {TARGET, "heard from", quantity_put_number, " address", " addresses", " within a minute"},
        [HG_FEATURE_dst_sources_10m] = {TARGET, "heard from", quantity_put_number, " address", " addresses", " within 10 minutes"},
        [HG_FEATURE_dst_failed_10m] = {TARGET, "refused or left unanswered", quantity_put_percent, "", "", " of all tries within 10 minutes"},
        [HG_FEATURE_pair_events_10m] = {PAIR, "shared", quantity_put_number, " event", " events", " within 10 minutes"},
        [HG_FEATURE_pair_events_1h] = {PAIR, "shared", quantity_put_number, " event", " events", " within an hour"},
        [HG_FEATURE_pair_ports_10m] = {SOURCE, "turned to", quantity_put_number, " port", " ports", " of this target within 10 minutes"},
        [HG_FEATURE_pair_bytes_sent_1h] = {SOURCE, "sent", quantity_put_bytes, "", "", " to this target within an hour"},
        [HG_FEATURE_pair_interval_1h] = {PAIR, "left", quantity_put_duration, "", "", " between two events on average"},
        [HG_FEATURE_pair_regularity_1h] = {PAIR, "met with", quantity_put_percent, "", "", " regularity"},
    };
    return measures[feature].put == NULL ? NULL : &measures[feature];
}

bool phrase_has_quantity(enum hg_feature feature)
{
    return measure_of(feature) != NULL;
}

bool phrase_is_state(enum hg_feature feature)
{
    return measure_of(feature) == NULL && hg_feature_kind(feature) != HG_KIND_code;
}

bool phrase_is_whole(enum hg_feature feature)
{
    const struct measure *measure = measure_of(feature);
    if (hg_feature_kind(feature) == HG_KIND_flag || hg_feature_kind(feature) == HG_KIND_clock)
        return true;
    return measure != NULL && measure->put == quantity_put_number && feature != HG_FEATURE_packets_per_second;
}

static void put_noun(const struct measure *measure, struct hg_slice figure, struct hg_buf *buf)
{
    hg_buf_text(buf, hg_slice_is(figure, "1") ? measure->one : measure->many);
}

void phrase_put_quantity(enum hg_feature feature, double value, bool with_noun, struct hg_buf *buf)
{
    const struct measure *measure = measure_of(feature);
    size_t start = buf->len;
    if (measure == NULL)
        return;
    measure->put(value, buf);
    if (with_noun)
        put_noun(measure, hg_slice_from(hg_buf_slice(buf), start), buf);
}

double phrase_round(enum hg_feature feature, double value, bool up)
{
    const struct measure *measure = measure_of(feature);
    double unit = measure == NULL                         ? 1
                  : measure->put == quantity_put_duration ? quantity_duration_unit(value)
                  : measure->put == quantity_put_percent  ? 0.01
                                                          : 1;
    double rounded = quantity_round(value / unit, up) * unit;
    return !phrase_is_whole(feature) ? rounded : up ? __builtin_ceil(rounded) : __builtin_floor(rounded);
}

/* ---- states */

struct state {
    const char *subject; /* NULL: the event itself */
    const char *words;
};

static struct state state_of(enum hg_feature feature, double value)
{
    static const char *const days[] = {"came on a Monday", "came on a Tuesday",  "came on a Wednesday", "came on a Thursday",
                                       "came on a Friday", "came on a Saturday", "came on a Sunday"};
    static const char *const ways[] = {"stayed inside", "went out", "came in", "passed between outside addresses"};
    static const struct {
        const char *subject, *yes, *no;
    } states[HG_FEATURE_COUNT] = {
        [HG_FEATURE_is_weekend] = {NULL, "came at the weekend", "came on a working day"},
        [HG_FEATURE_is_business_hours] = {NULL, "came in business hours", "came outside business hours"},
        [HG_FEATURE_flag_syn] = {NULL, "sent a SYN", "sent no SYN"},
        [HG_FEATURE_flag_ack] = {NULL, "sent an ACK", "sent no ACK"},
        [HG_FEATURE_flag_fin] = {NULL, "sent a FIN", "sent no FIN"},
        [HG_FEATURE_flag_rst] = {NULL, "sent an RST", "sent no RST"},
        [HG_FEATURE_flag_psh] = {NULL, "sent a PSH", "sent no PSH"},
        [HG_FEATURE_src_is_private] = {NULL, "came from a private address", "came from a public address"},
        [HG_FEATURE_dst_is_private] = {NULL, "went to a private address", "went to a public address"},
        [HG_FEATURE_is_internal] = {NULL, "stayed between private addresses", "was not between private addresses"},
        [HG_FEATURE_dst_port_is_common] = {NULL, "went to a well-known port", "went to none of the well-known ports"},
        [HG_FEATURE_src_is_new] = {SOURCE, "was first seen within the hour", "was known for more than an hour"},
        [HG_FEATURE_dst_is_new] = {TARGET, "was first seen within the hour", "was known for more than an hour"},
        [HG_FEATURE_pair_is_new] = {PAIR, "met for the first time within the hour", "knew each other for more than an hour"},
    };
    if (feature == HG_FEATURE_day_of_week)
        return (struct state){NULL, value >= 0 && value < 7 ? days[(int)value] : "came on a day unheard of"};
    if (feature == HG_FEATURE_direction)
        return (struct state){NULL, value >= 0 && value < 4 ? ways[(int)value] : "went an odd way"};
    if (states[feature].yes == NULL)
        return (struct state){NULL, "was odd"};
    return (struct state){states[feature].subject, value > 0.5 ? states[feature].yes : states[feature].no};
}

void phrase_put_state(enum hg_feature feature, double value, struct hg_buf *buf)
{
    static const char on_a[] = "came on a ";
    const char *words = state_of(feature, value).words;
    if (feature == HG_FEATURE_day_of_week)
        hg_buf_text(buf, words + strlen(on_a));
    else if (feature == HG_FEATURE_direction)
        hg_buf_text(buf, words);
    else
        hg_buf_text(buf, value > 0.5 ? "yes" : "no");
}

/* ---- clauses */

static void put_capital(const char *text, struct hg_buf *buf)
{
    hg_buf_char(buf, text[0] >= 'a' && text[0] <= 'z' ? (char)(text[0] - 'a' + 'A') : text[0]);
    hg_buf_text(buf, text + 1);
}

static void put_start(const char *subject, const char *verb, struct hg_buf *buf)
{
    put_capital(subject == NULL ? verb : subject, buf);
    if (subject != NULL) {
        hg_buf_char(buf, ' ');
        hg_buf_text(buf, verb);
    }
}

/* After "had": the first word's participle. */
static void put_participle(const char *verb, struct hg_buf *buf)
{
    static const char *const irregular[][2] = {{"came", "come"}, {"went", "gone"}, {"took", "taken"}, {"was", "been"}, {"knew", "known"}};
    size_t len = strcspn(verb, " ");
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++) {
        if (hg_slice_is((struct hg_slice){verb, len}, irregular[i][0])) {
            hg_buf_text(buf, irregular[i][1]);
            hg_buf_text(buf, verb + len);
            return;
        }
    }
    hg_buf_text(buf, verb);
}

void phrase_put_clause(enum hg_feature feature, double value, struct hg_buf *buf)
{
    const struct measure *measure = measure_of(feature);
    if (measure == NULL) {
        struct state state = state_of(feature, value);
        put_start(state.subject, state.words, buf);
        return;
    }
    put_start(measure->subject, measure->verb, buf);
    hg_buf_char(buf, ' ');
    phrase_put_quantity(feature, value, true, buf);
    hg_buf_text(buf, measure->after);
}

const char *phrase_subject(enum hg_feature feature)
{
    const struct measure *measure = measure_of(feature);
    const char *subject = measure == NULL ? state_of(feature, 0).subject : measure->subject;
    return hg_feature_kind(feature) == HG_KIND_code ? "" : subject == NULL ? "it" : subject;
}

void phrase_put_condition(enum hg_feature feature, const char *before, double value, struct hg_buf *buf)
{
    const struct measure *measure = measure_of(feature);
    struct state state = measure == NULL ? state_of(feature, value) : (struct state){measure->subject, measure->verb};
    put_participle(state.words, buf);
    if (measure == NULL)
        return;
    hg_buf_char(buf, ' ');
    hg_buf_text(buf, before);
    phrase_put_quantity(feature, value, true, buf);
    hg_buf_text(buf, measure->after);
}
