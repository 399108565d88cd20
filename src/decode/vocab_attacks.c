#include "decode/vocab.h"

#include <strings.h>

/* Suricata's categories, without regard to case; any other is `other`. */
static const struct {
    const char *name;
    enum hg_attack_type type;
} categories[] = {
    {"Not Suspicious Traffic", HG_ATTACK_TYPE_other},
    {"Unknown Traffic", HG_ATTACK_TYPE_suspicious},
    {"Potentially Bad Traffic", HG_ATTACK_TYPE_suspicious},
    {"Attempted Information Leak", HG_ATTACK_TYPE_scan},
    {"Information Leak", HG_ATTACK_TYPE_exfiltration},
    {"Large Scale Information Leak", HG_ATTACK_TYPE_exfiltration},
    {"Attempted Denial of Service", HG_ATTACK_TYPE_flood},
    {"Denial of Service", HG_ATTACK_TYPE_flood},
    {"Detection of a Denial of Service Attack", HG_ATTACK_TYPE_flood},
    {"Attempted User Privilege Gain", HG_ATTACK_TYPE_exploit},
    {"Unsuccessful User Privilege Gain", HG_ATTACK_TYPE_exploit},
    {"Successful User Privilege Gain", HG_ATTACK_TYPE_intrusion},
    {"Attempted Administrator Privilege Gain", HG_ATTACK_TYPE_exploit},
    {"Successful Administrator Privilege Gain", HG_ATTACK_TYPE_intrusion},
    {"Decode of an RPC Query", HG_ATTACK_TYPE_scan},
    {"Executable code was detected", HG_ATTACK_TYPE_exploit},
    {"A suspicious string was detected", HG_ATTACK_TYPE_suspicious},
    {"A suspicious filename was detected", HG_ATTACK_TYPE_suspicious},
    {"An attempted login using a suspicious username was detected", HG_ATTACK_TYPE_brute_force},
    {"A system call was detected", HG_ATTACK_TYPE_suspicious},
    {"A TCP connection was detected", HG_ATTACK_TYPE_scan},
    {"A Network Trojan was detected", HG_ATTACK_TYPE_command_and_control},
    {"A client was using an unusual port", HG_ATTACK_TYPE_suspicious},
    {"Detection of a Network Scan", HG_ATTACK_TYPE_scan},
    {"Detection of a non-standard protocol or event", HG_ATTACK_TYPE_suspicious},
    {"Generic Protocol Command Decode", HG_ATTACK_TYPE_suspicious},
    {"access to a potentially vulnerable web application", HG_ATTACK_TYPE_exploit},
    {"Web Application Attack", HG_ATTACK_TYPE_exploit},
    {"Misc activity", HG_ATTACK_TYPE_suspicious},
    {"Misc Attack", HG_ATTACK_TYPE_other},
    {"Generic ICMP event", HG_ATTACK_TYPE_scan},
    {"Inappropriate Content was Detected", HG_ATTACK_TYPE_policy_violation},
    {"Potential Corporate Privacy Violation", HG_ATTACK_TYPE_policy_violation},
    {"Attempt to login by a default username and password", HG_ATTACK_TYPE_brute_force},
    {"Targeted Malicious Activity was Detected", HG_ATTACK_TYPE_exploit},
    {"Exploit Kit Activity Detected", HG_ATTACK_TYPE_exploit},
    {"Device Retrieving External IP Address Detected", HG_ATTACK_TYPE_suspicious},
    {"Domain Observed Used for C2 Detected", HG_ATTACK_TYPE_command_and_control},
    {"Malware Command and Control Activity Detected", HG_ATTACK_TYPE_command_and_control},
    {"Possibly Unwanted Program Detected", HG_ATTACK_TYPE_policy_violation},
    {"Successful Credential Theft Detected", HG_ATTACK_TYPE_exfiltration},
    {"Possible Social Engineering Attempted", HG_ATTACK_TYPE_suspicious},
    {"Crypto Currency Mining Activity Detected", HG_ATTACK_TYPE_policy_violation},
};

/* Dionaea's protocols; any other is brute_force with credentials, `other` without. */
static const struct {
    const char *name;
    enum hg_attack_type with, without; /* credentials */
} services[] = {
    {"smbd", HG_ATTACK_TYPE_exploit, HG_ATTACK_TYPE_exploit},
    {"epmapper", HG_ATTACK_TYPE_exploit, HG_ATTACK_TYPE_exploit},
    {"mssqld", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"mysqld", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"ftpd", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"httpd", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"mongod", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"pptpd", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"mqttd", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"memcache", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"memcached", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"printerd", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"upnpd", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"ntpd", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"mirrord", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"mirrorc", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"blackhole", HG_ATTACK_TYPE_scan, HG_ATTACK_TYPE_scan},
    {"SipSession", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"SipCall", HG_ATTACK_TYPE_brute_force, HG_ATTACK_TYPE_scan},
    {"TftpServerHandler", HG_ATTACK_TYPE_malware_download, HG_ATTACK_TYPE_malware_download},
    {"remoteshell", HG_ATTACK_TYPE_command_execution, HG_ATTACK_TYPE_command_execution},
    {"emulation", HG_ATTACK_TYPE_exploit, HG_ATTACK_TYPE_exploit},
};

/* Starts of Cowrie's eventid without "cowrie."; any other has neither label nor attack_type. */
static const struct {
    const char *start;
    enum hg_label label;
    enum hg_attack_type type;
} cowrie[] = {
    {"login.failed", HG_LABEL_ATTACK, HG_ATTACK_TYPE_brute_force},
    {"login.success", HG_LABEL_ATTACK, HG_ATTACK_TYPE_intrusion},
    {"login.", HG_LABEL_ATTACK, HG_ATTACK_TYPE_brute_force},
    {"command.", HG_LABEL_ATTACK, HG_ATTACK_TYPE_command_execution},
    {"direct-tcpip.", HG_LABEL_ATTACK, HG_ATTACK_TYPE_proxy_abuse},
    {"session.file_", HG_LABEL_ATTACK, HG_ATTACK_TYPE_malware_download},
    {"session.connect", HG_LABEL_NONE, HG_ATTACK_TYPE_scan},
};

/* Days in the names of the ISCX files (TestbedSatJun12Flows, Sat12.csv); any other is `other`. */
static const struct {
    const char *name;
    enum hg_attack_type type;
} days[] = {
    {"sat12", HG_ATTACK_TYPE_brute_force},
    {"satjun12", HG_ATTACK_TYPE_brute_force},
    {"sun13", HG_ATTACK_TYPE_infiltration},
    {"sunjun13", HG_ATTACK_TYPE_infiltration},
    {"mon14", HG_ATTACK_TYPE_flood},
    {"monjun14", HG_ATTACK_TYPE_flood},
    {"tue15", HG_ATTACK_TYPE_flood},
    {"tuejun15", HG_ATTACK_TYPE_flood},
    {"wed16", HG_ATTACK_TYPE_brute_force},
    {"wedjun16", HG_ATTACK_TYPE_brute_force},
    {"thu17", HG_ATTACK_TYPE_brute_force},
    {"thujun17", HG_ATTACK_TYPE_brute_force},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool same_text(struct hg_slice a, const char *text)
{
    return strlen(text) == a.len && strncasecmp(a.p, text, a.len) == 0;
}

enum hg_attack_type hg_vocab_category(struct hg_slice category)
{
    for (size_t i = 0; i < COUNT(categories); i++)
        if (same_text(category, categories[i].name))
            return categories[i].type;
    return HG_ATTACK_TYPE_other;
}

enum hg_attack_type hg_vocab_dionaea(struct hg_slice protocol, bool has_credentials)
{
    for (size_t i = 0; i < COUNT(services); i++)
        if (same_text(protocol, services[i].name))
            return has_credentials ? services[i].with : services[i].without;
    return has_credentials ? HG_ATTACK_TYPE_brute_force : HG_ATTACK_TYPE_other;
}

enum hg_attack_type hg_vocab_cowrie(struct hg_slice kind, enum hg_label *ret_label)
{
    *ret_label = HG_LABEL_NONE;
    for (size_t i = 0; i < COUNT(cowrie); i++) {
        if (!hg_slice_starts(kind, hg_slice_of(cowrie[i].start)))
            continue;
        *ret_label = cowrie[i].label;
        return cowrie[i].type;
    }
    return HG_ATTACK_TYPE_none;
}

enum hg_attack_type hg_vocab_iscx_day(struct hg_slice path)
{
    const char *slash = path.len == 0 ? NULL : memrchr(path.p, '/', path.len);
    struct hg_slice name = slash == NULL ? path : hg_slice_from(path, (size_t)(slash + 1 - path.p));
    for (size_t at = 0; at < name.len; at++)
        for (size_t i = 0; i < COUNT(days); i++)
            if (name.len - at >= strlen(days[i].name) && strncasecmp(name.p + at, days[i].name, strlen(days[i].name)) == 0)
                return days[i].type;
    return HG_ATTACK_TYPE_other;
}
