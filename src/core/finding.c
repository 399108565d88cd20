#include "core/finding.h"

#include <math.h>

static const struct {
    const char *name, *words;
    enum hg_attack_type type;
    enum hg_grouping grouping;
} rules[] = {
    {NULL, NULL, HG_ATTACK_TYPE_none, HG_GROUP_SOURCE_AND_PORT},
#define HG_RULE(name, words, type, group) {#name, words, HG_ATTACK_TYPE_##type, HG_GROUP_##group},
#include "core/rules.def"
#undef HG_RULE
};

const char *hg_rule_name(enum hg_rule rule)
{
    return rules[rule].name;
}

const char *hg_rule_words(enum hg_rule rule)
{
    return rules[rule].words;
}

bool hg_rule_parse(struct hg_slice name, enum hg_rule *ret)
{
    for (int i = HG_RULE_NONE + 1; i < HG_RULE_COUNT; i++) {
        if (hg_slice_is(name, rules[i].name)) {
            *ret = (enum hg_rule)i;
            return true;
        }
    }
    return false;
}

enum hg_attack_type hg_rule_attack_type(enum hg_rule rule)
{
    return rules[rule].type;
}

enum hg_grouping hg_rule_grouping(enum hg_rule rule)
{
    return rules[rule].grouping;
}

bool hg_rule_is_hint(enum hg_rule rule)
{
    return rule >= HG_RULE_surge;
}

double hg_finding_p(double counted, double limit)
{
    double part = counted > limit && limit > 0 ? limit / counted : 1;
    return HG_FINDING_P * part * part;
}

/* ---- the evidence in a sentence: figures and words of our own only, never an attacker's text */

static void put_time(struct hg_buf *buf, double seconds)
{
    static const struct {
        double seconds;
        const char *one, *more;
    } units[] = {{86400, "a day", "days"}, {3600, "an hour", "hours"}, {60, "a minute", "minutes"}, {1, "a second", "seconds"}};
    size_t i = 0;
    while (i < 3 && seconds < 1.5 * units[i].seconds && fabs(seconds / units[i].seconds - 1) > 0.03)
        i++;
    double n = floor(seconds / units[i].seconds + 0.5);
    if (n <= 1)
        hg_buf_text(buf, units[i].one);
    else
        hg_buf_printf(buf, "%.0f %s", n, units[i].more);
}

static void put_count(struct hg_buf *buf, double n, const char *one, const char *more)
{
    hg_buf_printf(buf, "%.0f %s", n, n == 1 ? one : more); /* floats: exact up to 16 million */
}

static void put_bytes(struct hg_buf *buf, double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
    size_t i = 0;
    for (; bytes >= 999.5 && i + 1 < sizeof units / sizeof units[0]; i++)
        bytes /= 1000;
    hg_buf_printf(buf, i > 0 && bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes, units[i]);
}

static void put_usual(struct hg_buf *buf, double usual)
{
    hg_buf_printf(buf, "; usual is up to %.0f.", ceil(usual));
}

static void put_guesses(const struct hg_finding *f, const char *one, const char *more, struct hg_buf *buf)
{
    put_count(buf, (double)f->counted, one, more);
    hg_buf_text(buf, " in ");
    put_time(buf, (double)f->seconds);
    if (f->trait == HG_FOUND_FAILURES && f->second > 0) {
        hg_buf_text(buf, " with ");
        put_count(buf, (double)f->second, "password", "passwords");
    }
}

static void say_brute_force(const struct hg_finding *f, struct hg_buf *buf)
{
    if (f->trait == HG_FOUND_SURGE) {
        put_count(buf, (double)f->counted, "connection", "connections");
        hg_buf_text(buf, " to a log-in service within a minute, from ");
        put_count(buf, (double)f->second, "address", "addresses");
        put_usual(buf, (double)f->usual);
        return;
    }
    if (f->trait == HG_FOUND_FAILURES && f->dataset == HG_DATASET_cowrie)
        put_guesses(f, "failed log-in", "failed log-ins", buf);
    else if (f->trait == HG_FOUND_FAILURES) /* nobody says whether they failed */
        put_guesses(f, "log-in tried", "log-ins tried", buf);
    else
        put_guesses(f, "short connection to a log-in service", "short connections to a log-in service", buf);
    hg_buf_char(buf, '.');
}

static void say_brute_force_success(const struct hg_finding *f, struct hg_buf *buf)
{
    hg_buf_text(buf, f->trait == HG_FOUND_FAILURES ? "Logged in after " : "A long session at a log-in service after ");
    if (f->trait == HG_FOUND_FAILURES)
        put_guesses(f, "failed attempt", "failed attempts", buf);
    else
        put_guesses(f, "short connection", "short connections", buf);
    hg_buf_char(buf, '.');
}

static void say_scan_horizontal(const struct hg_finding *f, struct hg_buf *buf)
{
    hg_buf_text(buf, "Turned to ");
    put_count(buf, (double)f->counted, "host", "hosts");
    hg_buf_text(buf, f->trait == HG_FOUND_SHARES ? " for shared files that nobody had asked for any, within " : " within ");
    put_time(buf, (double)f->seconds);
    if (f->trait == HG_FOUND_PLAINLY && f->second > 1)
        hg_buf_printf(buf, ", at %.0f ports", (double)f->second);
    hg_buf_char(buf, '.');
}

static void say_scan_vertical(const struct hg_finding *f, struct hg_buf *buf)
{
    hg_buf_text(buf, "Turned to ");
    put_count(buf, (double)f->counted, "port", "ports");
    hg_buf_text(buf, " of ");
    if (f->trait == HG_FOUND_PORTS_OF_HOSTS)
        put_count(buf, (double)f->second, "host", "hosts");
    else
        hg_buf_text(buf, "one host");
    hg_buf_text(buf, " within ");
    put_time(buf, (double)f->seconds);
    hg_buf_char(buf, '.');
}

static void say_flood(const struct hg_finding *f, struct hg_buf *buf)
{
    put_count(buf, (double)f->counted, "address", "addresses");
    hg_buf_text(buf, " at once, with ");
    put_count(buf, (double)f->second, "connection", "connections");
    hg_buf_text(buf, " within a minute");
    put_usual(buf, (double)f->usual);
}

static void say_exfiltration(const struct hg_finding *f, struct hg_buf *buf)
{
    put_bytes(buf, (double)f->counted);
    hg_buf_text(buf, " sent in ");
    put_count(buf, (double)f->second, "connection", "connections");
    hg_buf_text(buf, " to an address and port first seen ");
    put_time(buf, (double)f->seconds);
    hg_buf_text(buf, " ago.");
}

static void say_beaconing(const struct hg_finding *f, struct hg_buf *buf)
{
    hg_buf_printf(buf, "A connection every %.0f s, %.0f so far, regular to %.0f %%, to an address and port first seen ", (double)f->second,
                  (double)f->counted, ceil((double)f->usual));
    put_time(buf, (double)f->seconds);
    hg_buf_text(buf, " ago.");
}

static void say_surge(const struct hg_finding *f, struct hg_buf *buf)
{
    if (f->trait == HG_FOUND_RETURNS) {
        hg_buf_text(buf, "New addresses came back ");
        put_count(buf, (double)f->counted, "time", "times");
        hg_buf_text(buf, " within 5 minutes");
    } else {
        put_count(buf, (double)f->counted, "connection", "connections");
        hg_buf_text(buf, " within 10 minutes");
    }
    put_usual(buf, (double)f->usual);
}

static void say_new_destination(const struct hg_finding *f, struct hg_buf *buf)
{
    put_count(buf, (double)f->counted, "connection", "connections");
    hg_buf_text(buf, " within an hour to an address and port first seen ");
    put_time(buf, (double)f->seconds);
    hg_buf_text(buf, " ago.");
}

/* What was recognised: an address itself, or something that more than one may have brought there. */
static void say_honeypot_sighting(const struct hg_finding *f, struct hg_buf *buf)
{
    if (f->trait == 0 || f->trait > HG_TRAIT_COUNT)
        hg_buf_text(buf, "This address");
    else if (f->trait == 1 + HG_TRAIT_password || f->trait == 1 + HG_TRAIT_username)
        hg_buf_text(buf, "This user name with this password");
    else
        hg_buf_printf(buf, "This %s", hg_trait_words((enum hg_trait)(f->trait - 1)));
    hg_buf_text(buf, f->dataset < HG_DATASET_COUNT ? " was seen on the honeypot (" : " was seen on the honeypot");
    if (f->dataset < HG_DATASET_COUNT)
        hg_buf_printf(buf, "%s)", hg_dataset_name((enum hg_dataset)f->dataset));
    hg_buf_text(buf, " ");
    put_time(buf, (double)f->seconds);
    hg_buf_text(buf, " before");
    if (f->counted > 1) {
        hg_buf_text(buf, ", ");
        put_count(buf, (double)f->counted, "time", "times");
        hg_buf_text(buf, " in all");
    }
    if (f->trait != 0 && f->second > 1) {
        hg_buf_text(buf, ", from ");
        put_count(buf, (double)f->second, "address", "addresses");
    }
    hg_buf_char(buf, '.');
}

void hg_finding_words(const struct hg_finding *finding, struct hg_buf *buf)
{
    static void (*const say[HG_RULE_COUNT])(const struct hg_finding *f, struct hg_buf *buf) = {
        NULL,
#define HG_RULE(name, words, type, group) say_##name,
#include "core/rules.def"
#undef HG_RULE
    };
    if (finding->rule > HG_RULE_NONE && finding->rule < HG_RULE_COUNT)
        say[finding->rule](finding, buf);
}
