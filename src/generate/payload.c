#include "base/hash.h"
#include "generate/write.h"

static const char *const hosts[] = {
    "www.example.com",   "shop.example.org",  "api.example.net",    "updates.example.com",
    "cdn.example.net",   "mail.example.org",  "static.example.com", "telemetry.example.net",
    "login.example.com", "files.example.org", "video.example.net",  "git.example.com",
};
static const char *const urls[] = {
    "/",     "/index.html",       "/img/logo.png", "/api/v2/items?page=3", "/css/site.css", "/favicon.ico",
    "/news", "/search?q=printer", "/login",        "/js/app.js",           "/status",       "/feed.xml",
};
#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

const char *hg_gen_host_name(const struct hg_gen_flow *flow)
{
    return hosts[hg_mix64(flow->destination + (flow->id & 1)) % LENGTH(hosts)];
}

const char *hg_gen_url(const struct hg_gen_flow *flow)
{
    return urls[hg_mix64(flow->id) % LENGTH(urls)];
}

/* What a service says first, to the server and to the client; bytes that look random follow where the text ends. */
static char *opening(const struct hg_gen_flow *flow, unsigned side, char *p)
{
    static const struct {
        uint8_t app;
        const char *to_server, *to_client;
        size_t lengths[2];
    } fixed[] = {
#define OPENING(app, up, down)                                                                                         \
    {                                                                                                                  \
        HG_APP_##app, up, down,                                                                                        \
        {                                                                                                              \
            sizeof(up) - 1, sizeof(down) - 1                                                                           \
        }                                                                                                              \
    }
        OPENING(TLS, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03"),
        OPENING(SSH, "SSH-2.0-OpenSSH_8.9\r\n", "SSH-2.0-OpenSSH_9.2\r\n"),
        OPENING(SMB, "\x00\x00\x00\xd4\xfeSMB@\x00", "\x00\x00\x01\x16\xfeSMB@\x00"),
        OPENING(RDP, "\x03\x00\x00+&\xe0\x00\x00\x00\x00\x00",
                "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12"
                "4"),
        OPENING(SMTP, "EHLO mx.example.org\r\nMAIL FROM:<", "220 mail.example.com ESMTP\r\n250-PIPELINING\r\n"),
        OPENING(IMAP, "a1 LOGIN \"user\" ", "* OK [CAPABILITY IMAP4rev1, ID] ready\r\n"),
        OPENING(FTP, "USER anonymous\r\nPASS ", "220 FTP server ready, \"welcome\"\r\n331 "),
        OPENING(SIP, "OPTIONS sip:100@example.com SIP/2.0\r\nVia: ", "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP "),
    };
    for (size_t i = 0; i < LENGTH(fixed); i++)
        if (fixed[i].app == flow->app)
            return txt_bytes(p, side == 0 ? fixed[i].to_server : fixed[i].to_client, fixed[i].lengths[side]);
    if (flow->app != HG_APP_HTTP)
        return p;
    if (side == 1)
        return TXT(p, "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset");
    p = TXT(p, "GET ");
    p = txt_text(p, hg_gen_url(flow));
    p = TXT(p, " HTTP/1.1\r\nHost: ");
    p = txt_text(p, hg_gen_host_name(flow));
    return TXT(p, "\r\nUser-Agent: Mozilla/5.0\r\n");
}

size_t hg_gen_payload(const struct hg_gen_flow *flow, unsigned side, char out[HG_GEN_PAYLOAD_BYTES])
{
    char text[256];
    if (flow->data[side] == 0 || hg_mix64(flow->id + 5) % 6 == 0) /* the export lost some */
        return 0;
    size_t len = flow->data[side] < HG_GEN_PAYLOAD_BYTES ? (size_t)flow->data[side] : HG_GEN_PAYLOAD_BYTES;
    size_t said = (size_t)(opening(flow, side, text) - text);
    for (uint64_t i = 0; said < len; i++, said += sizeof i) {
        uint64_t noise = hg_mix64(flow->id * 2 + side + i * 977);
        memcpy(text + said, &noise, sizeof noise);
    }
    memcpy(out, text, len);
    return len;
}
