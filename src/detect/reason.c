#include "detect/model.h"
#include "detect/phrase.h"
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

/* ---- quantities: "Moved 3.8 GB in both directions; usual here is up to 25 MB." */

static void put_usual(const struct hg_contribution *top, struct hg_buf *buf)
{
    enum hg_feature feature = (enum hg_feature)top->feature;
    enum side side = side_of(top);
    if (side == SIDE_USUAL) {
        hg_buf_text(buf, "; common by itself, but not together with the rest");
        return;
    }
    double end = (double)(side == SIDE_ABOVE ? top->high : top->low);
    if (!(end > 0) && !(top->low < top->high)) {
        hg_buf_text(buf, "; usual here is none");
        return;
    }
    hg_buf_text(buf, !(top->low < top->high) ? "; usual here is " : side == SIDE_ABOVE ? "; usual here is up to " : "; usual here is at least ");
    phrase_put_quantity(feature, end, false, buf);
}

static void put_quantity(const struct hg_contribution *top, struct hg_buf *buf)
{
    phrase_put_clause((enum hg_feature)top->feature, (double)top->value, buf);
    put_usual(top, buf);
    hg_buf_char(buf, '.');
}

/* ---- yes or no, and the few-valued */

static void put_state(const struct hg_contribution *top, struct hg_buf *buf)
{
    phrase_put_clause((enum hg_feature)top->feature, (double)top->value, buf);
    hg_buf_text(buf, side_of(top) == SIDE_USUAL ? "; common by itself, but not together with the rest." : ", which is unusual here.");
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
    if (phrase_has_quantity(feature))
        put_quantity(top, buf);
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
    bool honeypot = hg_dataset_is_honeypot((enum hg_dataset)event->dataset);
    return honeypot ? HG_GROUP_SOURCE_AND_PORT : hg_grouping_of_reason(hg_slice_of(hg_reason_key(event, score)), hg_ip_is_private(&event->source_ip));
}

const char *hg_reason_key(const struct hg_event *event, const struct hg_score *score)
{
    if (is_of_rule(event, score))
        return hg_rule_name((enum hg_rule)score->finding.rule);
    if (score->n_top > 0)
        return hg_reason_of_feature((enum hg_feature)score->top[0].feature, hg_ip_is_private(&event->source_ip));
    const char *type = hg_attack_type_name((enum hg_attack_type)event->attack_type);
    return type != NULL ? type : "label";
}
