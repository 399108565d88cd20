/*
 * Addresses as 16 bytes. IPv4 is kept in its IPv4-mapped form, so that both spellings are one address.
 * Text is canonical: dotted for IPv4, RFC 5952 for IPv6. Private: RFC 1918 exactly, and fc00::/7.
 */
#ifndef HG_BASE_IP_H
#define HG_BASE_IP_H

#include "base/slice.h"

#include <stdint.h>

#define HG_IP_TEXT_BYTES 46

struct hg_ip {
    uint8_t b[16];
};

bool hg_ip_parse(struct hg_slice text, struct hg_ip *ret);
/* Writes the text without NUL and returns its length. */
size_t hg_ip_print(const struct hg_ip *ip, char out[HG_IP_TEXT_BYTES]);

static inline struct hg_ip hg_ip_v4(uint32_t host_order)
{
    return (struct hg_ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)(host_order >> 24), (uint8_t)(host_order >> 16),
                           (uint8_t)(host_order >> 8), (uint8_t)host_order}};
}

static inline bool hg_ip_is_v4(const struct hg_ip *ip)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return memcmp(ip->b, mapped, sizeof mapped) == 0;
}

static inline bool hg_ip_eq(const struct hg_ip *a, const struct hg_ip *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool hg_ip_is_private(const struct hg_ip *ip);
/* Neither private nor loopback, link-local, multicast or unspecified: an address that a map can place. */
bool hg_ip_is_public(const struct hg_ip *ip);

#endif
