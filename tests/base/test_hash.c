/* Identifiers and random numbers: published vectors, and that the generator is the one that it says. */
#include "support/cmocka_all.h"

/* SipHash-2-4-128 under the key 00 01 … 0f of the message 00 01 … (n - 1): the authors' vectors. */
static void siphash_equals_the_published_vectors(void **state)
{
    (void)state;
    const struct {
        size_t len;
        const char *hash;
    } vectors[] = {
        {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},  {2, "8177228da4a45dc7fca38bdef60affe4"},
        {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},  {9, "264499060ad9baabc47f8b02bb6d71ed"},
        {15, "5493e99933b0a8117e08ec0f97cfc3d9"}, {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {63, "5150d1772f50834a503e069a973fbd7c"},
    };
    char message[64];
    struct hg_id key;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (char)i;
    memcpy(key.b, message, sizeof key.b);
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct hg_id id = hg_siphash128(&key, (struct hg_slice){message, vectors[i].len});
        char text[HG_ID_TEXT_BYTES];
        hg_id_print(&id, text);
        assert_slice(((struct hg_slice){text, sizeof text}), vectors[i].hash);
    }
}

static void identifiers_read_back(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int i = 0; i < 1000; i++) {
        struct hg_id id, back;
        for (int k = 0; k < 16; k++)
            id.b[k] = (uint8_t)hg_rng_next(&rng);
        char text[HG_ID_TEXT_BYTES];
        hg_id_print(&id, text);
        assert_true(hg_id_parse((struct hg_slice){text, sizeof text}, &back));
        assert_memory_equal(id.b, back.b, 16);
    }
    struct hg_id id;
    assert_false(hg_id_parse(HG_SLICE("a3817f04ba25a8e66df67214c755029"), &id));
    assert_false(hg_id_parse(HG_SLICE("a3817f04ba25a8e66df67214c75502931"), &id));
    assert_false(hg_id_parse(HG_SLICE("A3817f04ba25a8e66df67214c7550293"), &id));
    assert_false(hg_id_parse(HG_SLICE("g3817f04ba25a8e66df67214c7550293"), &id));
}

static void codes_are_fnv1a(void **state)
{
    (void)state;
    assert_int_equal(hg_code32(HG_SLICE("")), 0x811c9dc5u);
    assert_int_equal(hg_code32(HG_SLICE("a")), 0xe40c292cu);
    assert_int_equal(hg_code32(HG_SLICE("foobar")), 0xbf9cf968u);
}

static void table_hash_sees_every_byte(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    char bytes[40];
    for (size_t len = 1; len <= sizeof bytes; len++) {
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)hg_rng_next(&rng);
        uint64_t before = hg_hash64((struct hg_slice){bytes, len}, 1);
        assert_int_not_equal(before, hg_hash64((struct hg_slice){bytes, len}, 2));
        assert_int_not_equal(before, hg_hash64((struct hg_slice){bytes, len - 1}, 1));
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)(bytes[i] ^ 1);
            assert_int_not_equal(before, hg_hash64((struct hg_slice){bytes, len}, 1));
            bytes[i] = (char)(bytes[i] ^ 1);
        }
    }
}

/* xoshiro256++ from the state {1, 2, 3, 4}: the first numbers as its definition gives them by hand. */
static void generator_is_xoshiro256pp(void **state)
{
    (void)state;
    struct hg_rng rng = {{1, 2, 3, 4}};
    assert_int_equal(hg_rng_next(&rng), 41943041);
    assert_int_equal(hg_rng_next(&rng), 58720359);
    assert_int_equal(hg_mix64(0), UINT64_C(0xe220a8397b1dcdaf)); /* splitmix64's first output for the seed 0 */
}

static void random_numbers_stay_in_range_and_reach_all_of_it(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    unsigned seen[10] = {0};
    for (int i = 0; i < 100000; i++) {
        double unit = hg_rng_unit(&rng);
        assert_true(unit >= 0 && unit < 1);
        seen[hg_rng_below(&rng, 10)]++;
        assert_int_equal(hg_rng_below(&rng, 1), 0);
    }
    for (int i = 0; i < 10; i++)
        assert_in_range(seen[i], 9000, 11000); /* 10 standard deviations to each side */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_equals_the_published_vectors), cmocka_unit_test(identifiers_read_back),
        cmocka_unit_test(codes_are_fnv1a),                      cmocka_unit_test(table_hash_sees_every_byte),
        cmocka_unit_test(generator_is_xoshiro256pp),            cmocka_unit_test(random_numbers_stay_in_range_and_reach_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
