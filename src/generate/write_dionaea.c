#include "base/instant.h"
#include "generate/write.h"

static const struct {
    const char *protocol, *transport;
    uint16_t port;
    bool credentials;
    uint8_t attack_type; /* without credentials */
} services[] = {
    {"smbd", "tcp", 445, false, HG_ATTACK_TYPE_exploit},
    {"mssqld", "tcp", 1433, true, HG_ATTACK_TYPE_scan},
    {"mysqld", "tcp", 3306, true, HG_ATTACK_TYPE_scan},
    {"httpd", "tcp", 80, false, HG_ATTACK_TYPE_scan},
    {"ftpd", "tcp", 21, false, HG_ATTACK_TYPE_scan},
    {"mongod", "tcp", 27017, false, HG_ATTACK_TYPE_scan},
    {"epmapper", "tcp", 135, false, HG_ATTACK_TYPE_exploit},
    {"pptpd", "tcp", 1723, false, HG_ATTACK_TYPE_scan},
    {"mqttd", "tcp", 1883, false, HG_ATTACK_TYPE_scan},
    {"mirrord", "tcp", 42, false, HG_ATTACK_TYPE_scan},
    {"TftpServerHandler", "udp", 69, false, HG_ATTACK_TYPE_malware_download},
};

static uint64_t dice(const struct hg_gen_session *session)
{
    return hg_mix64(session->id + session->step);
}

bool hg_dionaea_has_credentials(const struct hg_gen_session *session)
{
    return services[session->service].credentials && dice(session) % 5 < 3;
}

enum hg_attack_type hg_dionaea_attack_type(const struct hg_gen_session *session)
{
    if (hg_dionaea_has_credentials(session))
        return HG_ATTACK_TYPE_brute_force;
    return (enum hg_attack_type)services[session->service].attack_type;
}

static char *put_credentials(char *p, const struct hg_gen_session *session)
{
    static const char *const users[] = {"sa", "root", "admin", "mssql", "test"};
    static const char *const passwords[] = {"", "sa", "abc-4711", "Winter!7", "letmein9", "=1+1", "test"};
    p = TXT(p, ", \"credentials\": {\"password\": [\"");
    p = txt_text(p, passwords[dice(session) / 5 % 7]);
    p = TXT(p, "\"], \"username\": [\"");
    p = txt_text(p, session->service == 1 ? users[dice(session) % 16 == 0 ? 3 : 0] : users[1 + dice(session) / 35 % 2]);
    return TXT(p, "\"]}");
}

char *hg_write_dionaea(char *p, const struct hg_gen_session *session, int64_t time_us)
{
    uint16_t source_port = (uint16_t)(session->source_port + session->step * 7u);
    p = TXT(p, "{\"connection\": {\"protocol\": \"");
    p = txt_text(p, services[session->service].protocol);
    p = TXT(p, "\", \"transport\": \"");
    p = txt_text(p, services[session->service].transport);
    p = session->service == 10 ? TXT(p, "\", \"type\": \"connect\"}") : TXT(p, "\", \"type\": \"accept\"}");
    p = TXT(p, ", \"dst_ip\": \"192.168.112.2\", \"dst_port\": ");
    p = txt_u64(p, services[session->service].port);
    p = TXT(p, ", \"src_hostname\": \"\", \"src_ip\": \"");
    if (session->id % 1024 == 0)
        p = TXT(p, "::ffff:");
    p = txt_ip(p, session->source);
    p = TXT(p, "\", \"src_port\": ");
    p = txt_u64(p, source_port < 1024 ? source_port + 40000u : source_port);
    p = TXT(p, ", \"timestamp\": \"");
    p = txt_second(p, time_us);
    if (time_us % HG_SECOND != 0)
        p = txt_micros(p, time_us);
    *p++ = '"';
    if (hg_dionaea_has_credentials(session))
        p = put_credentials(p, session);
    if (session->service == 4 && dice(session) % 3 == 0)
        p = TXT(p, ", \"ftp\": {\"commands\": {\"arguments\": [\"anonymous\", \"guest\"], \"command\": [\"USER\", "
                   "\"PASS\"]}}");
    *p++ = '}';
    return p;
}
