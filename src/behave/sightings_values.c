#include "behave/sightings_values.h"

/* Every list of passwords has these, and so has every careless administrator: together they tell nobody apart. Lower case; shorter
 * ones than HG_SIGHTING_PASSWORD_MIN don't count at all. */
static const char *const weak_passwords[] = {
    "000000",   "111111",    "123123",    "1234567890", "123456",     "1234567", "12345678",  "123456789", "1q2w3e4r", "654321",
    "666666",   "888888",    "abc123",    "admin1",     "admin123",   "admin1234", "administrator", "changeme", "default", "letmein",
    "manager",  "monitor",   "oracle",    "p@ssw0rd",   "pa55word",   "passw0rd", "password", "password1", "password123", "postgres",
    "public",   "qwerty",    "qwerty123", "raspberry",  "root123",    "secret",  "server",    "service",   "support",  "system",
    "test123",  "test1234",  "toor123",   "ubuntu",     "welcome",    "welcome1", "xmhdipc",  "7ujmko0admin",
};
#define N_WEAK (sizeof weak_passwords / sizeof weak_passwords[0])

/* SHA-256 of nothing and of a lone newline: what every failed download leaves. */
static const char *const no_files[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b",
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static bool same_letters(struct hg_slice a, struct hg_slice b)
{
    bool same = a.len == b.len;
    for (size_t i = 0; i < a.len && same; i++)
        same = lower(a.p[i]) == lower(b.p[i]);
    return same;
}

static bool is_weak(struct hg_slice name, struct hg_slice password)
{
    bool weak = password.len < HG_SIGHTING_PASSWORD_MIN || same_letters(name, password);
    for (size_t i = 0; i < N_WEAK && !weak; i++)
        weak = same_letters(hg_slice_of(weak_passwords[i]), password);
    return weak;
}

/* A name with a colon might be another pair's; nobody is hurt by that. */
static bool take_credential(const struct hg_event *event, struct sighting_value *ret)
{
    struct hg_slice name = event->traits[HG_TRAIT_username], password = event->traits[HG_TRAIT_password];
    ret->len = name.len + 1 + password.len;
    if (name.len == 0 || password.len == 0 || ret->len > HG_SIGHTING_VALUE_BYTES || is_weak(name, password))
        return false;
    memcpy(ret->bytes, name.p, name.len);
    ret->bytes[name.len] = ':';
    memcpy(ret->bytes + name.len + 1, password.p, password.len);
    return true;
}

static bool is_digits(struct hg_slice text, size_t len)
{
    bool digits = text.len == len;
    for (size_t i = 0; i < text.len && digits; i++)
        digits = (text.p[i] >= '0' && text.p[i] <= '9') || (text.p[i] >= 'a' && text.p[i] <= 'f');
    return digits;
}

static bool take_digits(struct hg_slice text, size_t len, struct sighting_value *ret)
{
    if (text.len != len)
        return false;
    ret->len = len;
    for (size_t i = 0; i < len; i++)
        ret->bytes[i] = lower(text.p[i]);
    return is_digits((struct hg_slice){ret->bytes, len}, len);
}

static bool is_file(struct hg_slice digits)
{
    return !hg_slice_is(digits, no_files[0]) && !hg_slice_is(digits, no_files[1]);
}

bool sighting_value_of(const struct hg_event *event, enum hg_sighting_kind kind, struct sighting_value *ret)
{
    switch (kind) {
    case HG_SIGHTING_credential:
        return take_credential(event, ret);
    case HG_SIGHTING_file:
        return take_digits(event->traits[HG_TRAIT_file], 64, ret) && is_file((struct hg_slice){ret->bytes, 64});
    case HG_SIGHTING_hassh:
        return take_digits(event->traits[HG_TRAIT_hassh], 32, ret);
    case HG_SIGHTING_ja3:
        return take_digits(event->traits[HG_TRAIT_ja3], 32, ret);
    case HG_SIGHTING_address:
    case HG_SIGHTING_KINDS:
    default:
        return false;
    }
}

bool sighting_value_valid(enum hg_sighting_kind kind, struct hg_slice value)
{
    switch (kind) {
    case HG_SIGHTING_address:
        return value.len == sizeof(struct hg_ip);
    case HG_SIGHTING_credential:
        return value.len <= HG_SIGHTING_VALUE_BYTES && value.len > HG_SIGHTING_PASSWORD_MIN && memchr(value.p, ':', value.len) != NULL;
    case HG_SIGHTING_file:
        return is_digits(value, 64);
    case HG_SIGHTING_hassh:
    case HG_SIGHTING_ja3:
        return is_digits(value, 32);
    case HG_SIGHTING_KINDS:
    default:
        return false;
    }
}

void sighting_fingerprint(struct hg_slice digits, uint8_t ret[16])
{
    for (size_t i = 0; i < 16; i++) {
        unsigned halves[2];
        for (size_t h = 0; h < 2; h++) {
            char c = digits.p[2 * i + h];
            halves[h] = c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
        }
        ret[i] = (uint8_t)(halves[0] << 4 | halves[1]);
    }
}
