#include "base/base64.h"
#include "core/event.h"
#include "generate/write.h"

#define LOCAL_US (-3 * HG_HOUR) /* the export's clock */

/* The readable copy: CR and LF dropped, what can't be shown as dots, quoted where CSV asks for it. */
static char *put_readable(char *p, const char *bytes, size_t len)
{
    char *begin = p;
    bool quote = false;
    *p++ = '"';
    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];
        if (c == '\r' || c == '\n')
            continue;
        quote |= c == ',' || c == '"';
        if (c == '"')
            *p++ = '"';
        *p++ = c >= ' ' && c <= '~' ? c : '.';
    }
    if (quote) {
        *p++ = '"';
        return p;
    }
    memmove(begin, begin + 1, (size_t)(p - begin) - 1);
    return p - 1;
}

static char *put_payload(char *p, const struct hg_gen_flow *flow, unsigned side)
{
    char bytes[HG_GEN_PAYLOAD_BYTES];
    size_t len = hg_gen_payload(flow, side, bytes);
    if (len > 0)
        p += hg_base64_encode((struct hg_slice){bytes, len}, p);
    *p++ = ',';
    p = put_readable(p, bytes, len);
    *p++ = ',';
    return p;
}

static char *put_flags(char *p, uint8_t flags)
{
    static const struct {
        uint8_t bit;
        char letter;
    } order[] = {{HG_TCP_FIN, 'F'}, {HG_TCP_SYN, 'S'}, {HG_TCP_RST, 'R'}, {HG_TCP_PSH, 'P'}, {HG_TCP_ACK, 'A'}};
    char *begin = p;
    *p++ = '"';
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if ((flags & order[i].bit) == 0)
            continue;
        *p++ = order[i].letter;
        *p++ = ',';
    }
    if (p == begin + 1)
        return begin;
    if (p == begin + 3) {
        *begin = begin[1];
        return begin + 1;
    }
    p[-1] = '"';
    return p;
}

char *hg_write_iscx(char *p, const struct hg_gen_flow *flow, int64_t export_us)
{
    static const char directions[][4] = {"L2L", "L2R", "R2L", "R2R"};
    const struct hg_gen_service *service = hg_gen_service((enum hg_gen_app)flow->app);
    bool ip6 = flow->app == HG_APP_DHCP6; /* the export shows IPv6 as 0.0.0.0 */
    p = txt_minute(p, export_us + LOCAL_US);
    *p++ = ',';
    p = txt_text(p, service->iscx[flow->id % 3]);
    const uint64_t numbers[] = {flow->bytes[0], flow->bytes[1], flow->packets[1], flow->packets[0]};
    for (int i = 0; i < 4; i++) {
        *p++ = ',';
        p = txt_u64(p, numbers[i]);
    }
    *p++ = ',';
    p = put_payload(p, flow, 0);
    p = put_payload(p, flow, 1);
    p = txt_bytes(p, directions[flow->direction], 3);
    *p++ = ',';
    p = put_flags(p, flow->flags[0]);
    *p++ = ',';
    p = put_flags(p, flow->flags[1]);
    *p++ = ',';
    p = txt_ip(p, ip6 ? 0 : flow->source);
    *p++ = ',';
    p = txt_text(p, service->protocol);
    p = TXT(p, "_ip,");
    p = txt_u64(p, flow->source_port);
    *p++ = ',';
    p = txt_ip(p, ip6 ? 0 : flow->destination);
    *p++ = ',';
    p = txt_u64(p, flow->destination_port);
    *p++ = ',';
    p = txt_minute(p, flow->start_us + LOCAL_US);
    *p++ = ',';
    p = txt_minute(p, flow->end_us + LOCAL_US);
    return flow->attack_type != HG_ATTACK_TYPE_none ? TXT(p, ",Attack") : TXT(p, ",Normal");
}
