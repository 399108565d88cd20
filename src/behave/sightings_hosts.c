#include "behave/sightings_hosts.h"

#include "behave/sightings_bytes.h"

#define TRIES_MAX 1000000u /* then both are halved: what it is now counts */

static struct host *find(struct hosts *hosts, const struct hg_ip *ip)
{
    for (uint32_t i = 0; i < hosts->n; i++)
        if (hg_ip_eq(&hosts->hosts[i].ip, ip))
            return &hosts->hosts[i];
    return NULL;
}

bool hosts_have(const struct hosts *hosts, const struct hg_ip *ip)
{
    for (uint32_t i = 0; i < hosts->n; i++) {
        const struct host *host = &hosts->hosts[i];
        if (hg_ip_eq(&host->ip, ip))
            return host->named || (__builtin_popcountll(host->sources) >= HOSTS_PROOFS && host->shared >= host->tries / HOSTS_SHARE);
    }
    return false;
}

static struct host *add(struct hosts *hosts, const struct hg_ip *ip)
{
    struct host *out = &hosts->hosts[0];
    if (hosts->n < HOSTS_MAX) {
        out = &hosts->hosts[hosts->n++];
    } else {
        for (uint32_t i = 1; i < HOSTS_MAX; i++) {
            const struct host *host = &hosts->hosts[i];
            if (host->named != out->named ? !host->named : host->used < out->used)
                out = &hosts->hosts[i];
        }
    }
    *out = (struct host){.ip = *ip};
    return out;
}

void hosts_name(struct hosts *hosts, const struct hg_ip *ip)
{
    struct host *host = find(hosts, ip);
    if (host == NULL)
        host = add(hosts, ip);
    host->named = 1;
    host->used = ++hosts->clock;
}

void hosts_try(struct hosts *hosts, const struct hg_ip *ip, const struct hg_ip *source, bool shared)
{
    struct host *host = find(hosts, ip);
    if (host == NULL && !shared)
        return;
    if (host == NULL)
        host = add(hosts, ip);
    host->tries++;
    if (shared) {
        host->shared++;
        host->sources |= UINT64_C(1) << (ip_hash(source) & 63);
        host->used = ++hosts->clock;
    }
    if (host->tries > TRIES_MAX) {
        host->tries /= 2;
        host->shared /= 2;
    }
}

void hosts_put(const struct hosts *hosts, struct hg_buf *out)
{
    put_u64(out, hosts->clock);
    put_u32(out, hosts->n);
    for (uint32_t i = 0; i < hosts->n; i++) {
        const struct host *host = &hosts->hosts[i];
        hg_buf_add(out, host->ip.b, sizeof host->ip.b);
        put_u64(out, host->used);
        put_u64(out, host->sources);
        put_u32(out, host->tries);
        put_u32(out, host->shared);
        put_u32(out, host->named);
    }
}

bool hosts_take(struct hosts *hosts, struct hg_slice *io_bytes)
{
    uint32_t n, named = 0;
    if (!take_u64(io_bytes, &hosts->clock) || !take_u32(io_bytes, &n) || n > HOSTS_MAX)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct host host = {.named = 0};
        bool whole = take_bytes(io_bytes, host.ip.b, sizeof host.ip.b) && take_u64(io_bytes, &host.used) &&
                     take_u64(io_bytes, &host.sources) && take_u32(io_bytes, &host.tries) &&
                     take_u32(io_bytes, &host.shared) && take_u32(io_bytes, &named);
        if (!whole || named > 1 || host.tries > TRIES_MAX || host.shared > host.tries || host.used > hosts->clock ||
            find(hosts, &host.ip) != NULL)
            return false;
        host.named = (uint8_t)named;
        hosts->hosts[hosts->n++] = host;
    }
    return true;
}
