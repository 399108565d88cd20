#include "serve/edge.h"

#include "base/ip.h"
#include "base/num.h"

#include <stdint.h>

static const struct hg_edge_refusal none = {0, NULL, NULL};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

bool hg_edge_same(struct hg_slice a, struct hg_slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return true;
}

static struct hg_slice trim(struct hg_slice s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hg_slice_from(s, 1);
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_loopback(const struct hg_ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};
    return hg_ip_is_v4(ip) ? ip->b[12] == 127 : memcmp(ip->b, one, sizeof one) == 0;
}

static bool is_unspecified(const struct hg_ip *ip)
{
    static const uint8_t zero[16];
    return memcmp(ip->b + (hg_ip_is_v4(ip) ? 12 : 0), zero, hg_ip_is_v4(ip) ? 4 : 16) == 0;
}

bool hg_serve_is_loopback(const char *address)
{
    struct hg_ip ip;
    return hg_ip_parse(hg_slice_of(address), &ip) && is_loopback(&ip);
}

/* name:port, address:port or [address]:port; without a port it is HTTP's own. */
static bool split_host(struct hg_slice host, struct hg_slice *ret_name, unsigned *ret_port)
{
    struct hg_slice name = host, port = HG_SLICE_NONE;
    if (host.len > 0 && host.p[0] == '[') {
        const char *end = memchr(host.p, ']', host.len);
        if (end == NULL)
            return false;
        name = (struct hg_slice){host.p + 1, (size_t)(end - host.p) - 1};
        port = hg_slice_from(host, (size_t)(end - host.p) + 1);
        if (port.len > 0 && port.p[0] != ':')
            return false;
    } else {
        const char *colon = memchr(host.p, ':', host.len);
        if (colon != NULL) {
            name.len = (size_t)(colon - host.p);
            port = hg_slice_from(host, name.len);
        }
    }
    uint64_t number = 80;
    if (port.len > 0 && (!hg_num_parse_u64(hg_slice_from(port, 1), &number) || number > 65535))
        return false;
    *ret_name = name;
    *ret_port = (unsigned)number;
    return name.len > 0;
}

static bool host_is_ours(const struct hg_edge *edge, struct hg_slice host)
{
    struct hg_slice name;
    unsigned port;
    struct hg_ip ip, own;
    if (host.p == NULL || !split_host(trim(host), &name, &port) || port != edge->port)
        return false;
    if (hg_edge_same(name, HG_SLICE("localhost")))
        return true;
    if (!hg_ip_parse(name, &ip) || !hg_ip_parse(hg_slice_of(edge->address), &own))
        return false;
    return is_loopback(&ip) || hg_ip_eq(&ip, &own) || is_unspecified(&own);
}

struct hg_edge_refusal hg_edge_host(const struct hg_edge *edge, struct hg_slice host)
{
    if (host_is_ours(edge, host))
        return none;
    return (struct hg_edge_refusal){421, "not this server's name", "The Host header names another server than the address it listens on."};
}

static bool same_secret(struct hg_slice given, struct hg_slice token)
{
    unsigned differ = given.len != token.len;
    for (size_t i = 0; i < given.len; i++)
        differ |= (unsigned char)given.p[i] ^ (unsigned char)(token.len > 0 ? token.p[i % token.len] : 0);
    return differ == 0 && token.len > 0;
}

struct hg_edge_refusal hg_edge_token(const struct hg_edge *edge, struct hg_slice authorization, struct hg_slice cookie)
{
    static const struct hg_edge_refusal refusal = {401, "a token is needed", "Send `Authorization: Bearer TOKEN`."};
    if (edge->token == NULL)
        return none;
    struct hg_slice scheme = HG_SLICE("Bearer "), given = cookie;
    if (authorization.len >= scheme.len && hg_edge_same((struct hg_slice){authorization.p, scheme.len}, scheme))
        given = trim(hg_slice_from(authorization, scheme.len));
    return same_secret(given, hg_slice_of(edge->token)) ? none : refusal;
}

struct hg_edge_refusal hg_edge_origin(struct hg_slice host, struct hg_slice origin)
{
    struct hg_slice scheme = HG_SLICE("http://");
    if (origin.p == NULL)
        return none; /* not a browser, or not across sites */
    if (origin.len > scheme.len && hg_edge_same((struct hg_slice){origin.p, scheme.len}, scheme) &&
        hg_edge_same(hg_slice_from(origin, scheme.len), trim(host)))
        return none;
    return (struct hg_edge_refusal){403, "foreign origin", "Pages of other sites may not change anything here."};
}

struct hg_edge_refusal hg_edge_content_type(struct hg_slice content_type)
{
    static const struct hg_slice taken[] = {{"application/json", 16}, {"application/x-ndjson", 20}, {"text/csv", 8}};
    const char *semicolon = content_type.len == 0 ? NULL : memchr(content_type.p, ';', content_type.len);
    struct hg_slice media = content_type;
    if (semicolon != NULL)
        media.len = (size_t)(semicolon - content_type.p);
    media = trim(media);
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (hg_edge_same(media, taken[i]))
            return none;
    return (struct hg_edge_refusal){403, "content type refused", "Send application/x-ndjson, application/json or text/csv."};
}

bool hg_edge_lists(struct hg_slice list, const char *word)
{
    while (list.len > 0) {
        const char *comma = memchr(list.p, ',', list.len);
        struct hg_slice item = {list.p, comma == NULL ? list.len : (size_t)(comma - list.p)};
        list = hg_slice_from(list, item.len + (comma != NULL));
        while (item.len > 0 && item.p[0] == ' ')
            item = hg_slice_from(item, 1);
        bool refused = item.len > 4 && memmem(item.p, item.len, ";q=0", 4) != NULL && memmem(item.p, item.len, ";q=0.", 5) == NULL;
        struct hg_slice name = {item.p, 0};
        while (name.len < item.len && item.p[name.len] != ';' && item.p[name.len] != ' ')
            name.len++;
        if (!refused && (hg_edge_same(name, hg_slice_of(word)) || hg_slice_is(name, "*")))
            return true;
    }
    return false;
}
