#include "app/report.h"

#include <stdio.h>

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

/* One character at p; how many bytes it took. */
static size_t put_character(struct hg_buf *out, const char *p, const char *end)
{
    uint32_t code = (unsigned char)*p;
    size_t n = *p == '\n' || *p == '\t' ? 1 : hg_text_control(p, end, &code);
    if (n > 0) {
        hg_buf_printf(out, "\\u%04x", code);
        return n;
    }
    n = hg_utf8_len(p, end);
    const char *escaped = entity(*p);
    if (escaped != NULL)
        hg_buf_text(out, escaped);
    else
        hg_buf_add(out, p, n);
    return n;
}

void html_text(struct hg_buf *out, struct hg_slice text)
{
    if (text.len == 0)
        return;
    const char *p = text.p, *end = p + text.len;
    while (p < end && (size_t)(p - text.p) < HTML_TEXT_MAX)
        p += put_character(out, p, end);
    if (p < end)
        hg_buf_text(out, "...");
}

void html_count(struct hg_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            hg_buf_char(out, ',');
        hg_buf_char(out, digits[i]);
    }
}

void html_time(struct hg_buf *out, int64_t us)
{
    char text[HG_TIME_TEXT_BYTES];
    if (us == HG_TIME_NONE)
        return;
    hg_time_print(us, text);
    hg_buf_printf(out, "<time datetime=\"%.27s\">%.10s %.8s</time>", text, text, text + 11);
}

void html_ip(struct hg_buf *out, const struct hg_ip *ip)
{
    char text[HG_IP_TEXT_BYTES];
    hg_buf_add(out, text, hg_ip_print(ip, text));
}

void html_number_of(struct hg_buf *out, uint64_t n, const char *one, const char *many)
{
    html_count(out, n);
    hg_buf_printf(out, " %s", n == 1 ? one : many);
}

/* The two greatest units that are needed: 4 days 2 hours. */
void html_length(struct hg_buf *out, int64_t us)
{
    static const struct {
        int64_t us;
        const char *one, *many;
    } units[] = {{HG_DAY, "day", "days"}, {HG_HOUR, "hour", "hours"}, {HG_MINUTE, "minute", "minutes"}};
    unsigned shown = 0;
    for (size_t i = 0; i < sizeof units / sizeof *units && shown < 2; i++) {
        if (us < units[i].us)
            continue;
        hg_buf_text(out, shown++ > 0 ? " " : "");
        html_number_of(out, (uint64_t)(us / units[i].us), units[i].one, units[i].many);
        us %= units[i].us;
    }
}
