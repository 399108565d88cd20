#include "detect/model.h"
#include "detect/quantity.h"

/*
 * Reasons in words. A sentence says what the event did and what is usual. Names of protocols and kinds come from the
 * lists below and from nowhere else: what a log calls them may be an attacker's text.
 */
#define RARE_SHARE 0.01f

enum side { SIDE_USUAL, SIDE_ABOVE, SIDE_BELOW };

static enum side side_of(const struct hg_contribution *top)
{
    if (hg_feature_kind((enum hg_feature)top->feature) == HG_KIND_code)
        return top->value < top->low || top->value < RARE_SHARE ? SIDE_BELOW : SIDE_USUAL;
    return top->value > top->high ? SIDE_ABOVE : top->value < top->low ? SIDE_BELOW : SIDE_USUAL;
}

/* ---- amounts and shares: "Moved 3.8 GB in both directions; usual here is up to 25 MB." */

struct measure {
    const char *before, *after; /* round the figure */
    void (*put)(double value, struct hg_buf *buf);
};

static const struct measure *measure_of(enum hg_feature feature)
{
    static const struct measure measures[HG_FEATURE_COUNT] = {
        [HG_FEATURE_duration] = {"Kept open for ", "", quantity_put_duration},
        [HG_FEATURE_total_bytes] = {"Moved ", " in both directions", quantity_put_bytes},
        [HG_FEATURE_total_packets] = {"Took ", " packets in both directions", quantity_put_number},
        [HG_FEATURE_bytes_per_second] = {"Moved ", " a second", quantity_put_bytes},
        [HG_FEATURE_packets_per_second] = {"Took ", " packets a second", quantity_put_number},
        [HG_FEATURE_bytes_per_packet] = {"Carried ", " a packet on average", quantity_put_bytes},
        [HG_FEATURE_bytes_ratio] = {"Sent ", " of the bytes itself", quantity_put_percent},
        [HG_FEATURE_packets_ratio] = {"Sent ", " of the packets itself", quantity_put_percent},
        [HG_FEATURE_hour] = {"Came at ", "", quantity_put_hour},
    };
    return measures[feature].put == NULL ? NULL : &measures[feature];
}

static void put_measure(const struct measure *measure, const struct hg_contribution *top, struct hg_buf *buf)
{
    hg_buf_text(buf, measure->before);
    measure->put((double)top->value, buf);
    hg_buf_text(buf, measure->after);
    switch (side_of(top)) {
    case SIDE_ABOVE:
        hg_buf_text(buf, "; usual here is up to ");
        measure->put((double)top->high, buf);
        break;
    case SIDE_BELOW:
        hg_buf_text(buf, "; usual here is at least ");
        measure->put((double)top->low, buf);
        break;
    case SIDE_USUAL:
        hg_buf_text(buf, "; common by itself, but not together with the rest");
        break;
    }
    hg_buf_char(buf, '.');
}

/* ---- yes or no, and the few-valued */

static const char *state_words(const struct hg_contribution *top)
{
    bool yes = top->value > 0.5f;
    switch ((int)top->feature) {
    case HG_FEATURE_day_of_week: {
        static const char *const days[] = {"Came on a Monday",   "Came on a Tuesday", "Came on a Wednesday",
                                           "Came on a Thursday", "Came on a Friday",  "Came on a Saturday",
                                           "Came on a Sunday"};
        return top->value >= 0 && top->value < 7 ? days[(int)top->value] : "Came on an odd day";
    }
    case HG_FEATURE_is_weekend:
        return yes ? "Came at the weekend" : "Came on a working day";
    case HG_FEATURE_is_business_hours:
        return yes ? "Came in business hours" : "Came outside business hours";
    case HG_FEATURE_flag_syn:
        return yes ? "Sent a SYN" : "Sent no SYN";
    case HG_FEATURE_flag_ack:
        return yes ? "Sent an ACK" : "Sent no ACK";
    case HG_FEATURE_flag_fin:
        return yes ? "Sent a FIN" : "Sent no FIN";
    case HG_FEATURE_flag_rst:
        return yes ? "Sent an RST" : "Sent no RST";
    case HG_FEATURE_flag_psh:
        return yes ? "Sent a PSH" : "Sent no PSH";
    case HG_FEATURE_src_is_private:
        return yes ? "Came from a private address" : "Came from a public address";
    case HG_FEATURE_dst_is_private:
        return yes ? "Went to a private address" : "Went to a public address";
    case HG_FEATURE_is_internal:
        return yes ? "Stayed between private addresses" : "Was not between private addresses";
    case HG_FEATURE_dst_port_is_common:
        return yes ? "Went to a well-known port" : "Went to none of the well-known ports";
    case HG_FEATURE_direction: {
        static const char *const ways[] = {"Stayed inside", "Went out", "Came in", "Passed between outside addresses"};
        return top->value >= 0 && top->value < 4 ? ways[(int)top->value] : "Went an odd way";
    }
    default:
        return "Was odd";
    }
}

static void put_state(const struct hg_contribution *top, struct hg_buf *buf)
{
    hg_buf_text(buf, state_words(top));
    hg_buf_text(buf, side_of(top) == SIDE_USUAL ? "; common by itself, but not together with the rest."
                                                : ", which is unusual here.");
}

/* ---- categories: "Port 4444 is rare here: 0.02 % of what was learnt." */

static const char *known(struct hg_slice name)
{
    static const char *const names[] = {
        "tcp",
        "udp",
        "icmp",
        "igmp",
        "ipv6-icmp",
        "sctp",
        "HTTP",
        "TLS",
        "SSH",
        "DNS",
        "SMB",
        "FTP",
        "SMTP",
        "IMAP",
        "POP3",
        "TELNET",
        "RDP",
        "MSSQL",
        "MYSQL",
        "MONGO",
        "MQTT",
        "PPTP",
        "EPMAP",
        "TFTP",
        "SIP",
        "NTP",
        "SNMP",
        "DHCP",
        "RFB",
        "NFS",
        "IRC",
        "LDAP",
        "MIRROR",
        "NETBIOS",
        "HTTPS",
        "BITTORRENT",
        "flow",
        "http",
        "dns",
        "tls",
        "ssh",
        "smb",
        "alert",
        "ftp",
        "rdp",
        "sip",
        "snmp",
        "tftp",
        "accept",
        "connect",
        "listen",
        "reject",
        "anomaly",
        "fileinfo",
        "smtp",
        "mqtt",
        "session.connect",
        "session.closed",
        "session.params",
        "session.file_download",
        "session.file_upload",
        "login.success",
        "login.failed",
        "command.input",
        "command.failed",
        "command.success",
        "client.version",
        "client.kex",
        "client.size",
        "client.var",
        "client.fingerprint",
        "direct-tcpip.request",
        "direct-tcpip.data",
        "log.open",
        "log.closed",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hg_slice_is(name, names[i]))
            return names[i];
    return NULL;
}

static void put_named(const char *what, struct hg_slice name, struct hg_buf *buf)
{
    const char *word = known(name);
    if (word == NULL)
        hg_buf_printf(buf, "This %s", what);
    else
        hg_buf_printf(buf, "The %s %s", what, word);
}

static void put_category(const struct hg_event *event, const struct hg_contribution *top, struct hg_buf *buf)
{
    switch ((int)top->feature) {
    case HG_FEATURE_port_rarity:
        hg_buf_printf(buf, "Port %u", event->destination_port);
        break;
    case HG_FEATURE_protocol_rarity:
        put_named("transport", event->protocol, buf);
        break;
    case HG_FEATURE_application_rarity:
        put_named("application protocol", event->application_protocol, buf);
        break;
    default:
        put_named("kind of event", event->kind, buf);
        break;
    }
    if (top->value <= 0) {
        hg_buf_text(buf, " is new here: never in what was learnt.");
        return;
    }
    bool rare = side_of(top) != SIDE_USUAL;
    hg_buf_text(buf, rare ? " is rare here: " : " is common by itself, but not together with the rest: ");
    quantity_put_percent((double)top->value, buf);
    hg_buf_text(buf, " of what was learnt.");
}

/* ---- */

static void put_feature(const struct hg_event *event, const struct hg_contribution *top, struct hg_buf *buf)
{
    enum hg_feature feature = (enum hg_feature)top->feature;
    const struct measure *measure = measure_of(feature);
    if (measure != NULL)
        put_measure(measure, top, buf);
    else if (hg_feature_kind(feature) == HG_KIND_code)
        put_category(event, top, buf);
    else
        put_state(top, buf);
}

/* The first of the leading features that is odd by itself says most to a person. */
static const struct hg_contribution *clearest(const struct hg_score *score)
{
    for (size_t i = 0; i < score->n_top; i++)
        if (side_of(&score->top[i]) != SIDE_USUAL)
            return &score->top[i];
    return &score->top[0];
}

void hg_reason_words(const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf)
{
    const char *type = hg_attack_type_words((enum hg_attack_type)event->attack_type);
    if (score->finding.rule != HG_RULE_NONE)
        hg_finding_words(&score->finding, buf);
    else if (score->n_top > 0)
        put_feature(event, clearest(score), buf);
    else if (type != NULL)
        hg_buf_printf(buf, "The log itself says so: %s.", type);
    else if (event->label == HG_LABEL_ATTACK)
        hg_buf_text(buf, "The log itself says so: an attack.");
    else if (score->state == HG_NOTHING_TO_COMPARE)
        hg_buf_text(buf, "Nothing to compare: all that was learnt of its kind looks alike.");
    else
        hg_buf_text(buf, "Nothing stands out.");
}

/* On a honeypot a finding is evidence, and groups nothing. */
static bool is_of_rule(const struct hg_event *event, const struct hg_score *score)
{
    return score->finding.rule != HG_RULE_NONE && !hg_dataset_is_honeypot((enum hg_dataset)event->dataset);
}

enum hg_grouping hg_reason_grouping(const struct hg_event *event, const struct hg_score *score)
{
    return is_of_rule(event, score) ? hg_rule_grouping((enum hg_rule)score->finding.rule) : HG_GROUP_SOURCE_AND_PORT;
}

const char *hg_reason_key(const struct hg_event *event, const struct hg_score *score)
{
    if (is_of_rule(event, score))
        return hg_rule_name((enum hg_rule)score->finding.rule);
    if (score->n_top > 0)
        return hg_feature_name((enum hg_feature)score->top[0].feature);
    const char *type = hg_attack_type_name((enum hg_attack_type)event->attack_type);
    return type != NULL ? type : "label";
}
