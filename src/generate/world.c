#include "generate/world.h"
#include "generate/dist.h"

/* clang-format off: tables */
/* subnet, first host, number of hosts */
static const struct range {
    uint8_t subnet, first, count;
} groups[HG_GROUP_LOCAL_COUNT] = {
    [HG_GROUP_CLIENTS] = {1, 20, 160}, [HG_GROUP_ADMINS] = {2, 10, 6},   [HG_GROUP_WEB] = {5, 10, 6},
    [HG_GROUP_MAIL] = {5, 25, 2},      [HG_GROUP_DNS] = {3, 2, 3},       [HG_GROUP_FILES] = {3, 20, 4},
    [HG_GROUP_DATABASES] = {3, 30, 5}, [HG_GROUP_CODE] = {5, 40, 4},     [HG_GROUP_GATEWAYS] = {5, 60, 4},
    [HG_GROUP_PRINTERS] = {4, 5, 9},   [HG_GROUP_PHONES] = {4, 100, 40}, [HG_GROUP_SERVERS] = {5, 10, 60},
    [HG_GROUP_ANY] = {1, 20, 200},
};

/* First octets of unicast space in use around the world, by registry. Octets with reserved parts are left out. */
static const uint8_t
    octets[] =
        {
            12,  23,  24,  50,  63,  64,  66,  67,  68,  71,  73,  75,  98,  104, 107, 108,
            173, 174, 184, 208, 216, /* North America */
            2,   5,   31,  37,  46,  62,  77,  78,  79,  80,  82,  83,  84,  85,  87,  89,
            91,  93,  94,  95,  109, 176, 178, 185, 188, 193, 194, 195, 212, 213, 217, /* Europe */
            1,   14,  27,  36,  39,  42,  49,  58,  59,  60,  61,  101, 103, 106, 110, 111,
            112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 171, 175,
            180, 182, 183, 202, 210, 211, 218, 219, 220, 221, 222, /* Asia, Oceania */
            177, 179, 181, 186, 187, 189, 190, 191, 200, 201,      /* South America */
            41,  102, 105, 154, 196, 197,                          /* Africa */
};

/* Popular targets of the curious, and of old software. */
static const uint16_t popular[] = {21,   22,   23,   25,   53,    80,    81,    110,   111,   135,  139,  143,
                                   389,  443,  445,  465,  587,   993,   1025,  1433,  1723,  2222, 2323, 3306,
                                   3389, 4444, 5060, 5432, 5555,  5900,  5901,  6379,  7547,  8000, 8080, 8081,
                                   8443, 8888, 9000, 9200, 10000, 11211, 27017, 37215, 49152, 50000};

/* clang-format on */

uint32_t hg_world_public(uint64_t index)
{
    uint64_t h = hg_mix64(index * UINT64_C(0xd6e8feb86659fd93) + 77);
    uint32_t octet = octets[h % sizeof octets];
    return octet << 24 | (uint32_t)(h >> 20 & 0xffff00) | (uint32_t)(1 + (h >> 50) % 254);
}

uint32_t hg_world_stranger(struct hg_rng *rng)
{
    return hg_world_public(1000000 + (hg_rng_next(rng) >> 30));
}

static uint32_t skewed(struct hg_rng *rng, uint32_t count) /* low numbers more often */
{
    double u = hg_rng_unit(rng);
    return (uint32_t)(u * u * (double)count);
}

uint32_t hg_world_host(struct hg_rng *rng, enum hg_gen_group group, unsigned site)
{
    if (group == HG_GROUP_VISITORS)
        return hg_world_public(skewed(rng, 30000));
    if (group == HG_GROUP_CLOUD)
        return hg_world_public(500000 + skewed(rng, 600));
    if (group == HG_GROUP_MULTICAST)
        return 0xe00000fb;
    const struct range *r = &groups[group];
    uint32_t net = site == 0 ? 0xc0a80000 : 0x0a140000;
    return net | (uint32_t)r->subnet << 8 | (r->first + skewed(rng, r->count));
}

uint16_t hg_world_ephemeral(struct hg_rng *rng)
{
    uint64_t r = hg_rng_next(rng);
    uint32_t pick = (uint32_t)(r & 15), x = (uint32_t)(r >> 32);
    if (pick < 7)
        return (uint16_t)(49152 + x % 16384);
    if (pick < 13)
        return (uint16_t)(32768 + x % 28232);
    return (uint16_t)(1024 + x % 64512);
}

uint16_t hg_world_odd_port(struct hg_rng *rng)
{
    static const uint16_t served[] = {22, 80, 443, 3389, 445, 25, 53, 143, 21, 1433, 3306, 8080};
    uint64_t r = hg_rng_next(rng);
    if (r % 16 < 5)
        return served[(r >> 8) % (sizeof served / sizeof served[0])];
    if (r % 16 < 11)
        return popular[(r >> 8) % (sizeof popular / sizeof popular[0])];
    return (uint16_t)(1 + (r >> 8) % 65535);
}
