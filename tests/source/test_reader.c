/* Plain, gzip and zstd logs through hg_reader: whole, in several members, cut, damaged, and far larger than memory should become. */
#include "support/cmocka_all.h"

#include "source/reader.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static char folder[] = "/tmp/hg-reader-XXXXXX";
static char path[64];

static void put(const char *mode, const void *bytes, size_t len)
{
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    assert_int_equal(len, fwrite(bytes, 1, len, f));
    assert_int_equal(0, fclose(f));
}

static void put_zstd(const char *mode, const void *bytes, size_t len)
{
    char out[4096];
    size_t n = ZSTD_compress(out, sizeof out, bytes, len, 3);
    assert_false(ZSTD_isError(n));
    put(mode, out, n);
}

static void put_gzip(const char *mode, const char *text)
{
    gzFile f = gzopen(path, mode);
    assert_non_null(f);
    assert_int_equal(strlen(text), gzwrite(f, text, (unsigned)strlen(text)));
    assert_int_equal(Z_OK, gzclose(f));
}

/* All that the file gives, a few bytes at a time; *reterr.rc says how it ended. */
static const char *read_all(size_t step, struct hg_err *reterr)
{
    static char text[65536];
    struct hg_reader *reader;
    size_t len = 0, n;
    *reterr = (struct hg_err){0};
    assert_int_equal(HG_OK, hg_reader_open(path, &reader, reterr));
    do {
        assert_true(len + step < sizeof text);
        enum hg_rc rc = hg_reader_read(reader, true, text + len, step, &n, reterr);
        len += n;
        if (rc != HG_OK)
            break;
    } while (n > 0);
    hg_reader_close(reader);
    text[len] = '\0';
    return text;
}

static void plain_also_when_it_is_tiny_or_looks_like_a_magic_number(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a", "(", "\x1f", "P*", "P*M", "one line\n", "(\xb5/no zstd\n"};
    struct hg_err err;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put("w", texts[i], strlen(texts[i]));
        for (size_t step = 1; step < 6; step++) {
            assert_string_equal(texts[i], read_all(step, &err));
            assert_int_equal(HG_OK, err.rc);
        }
    }
}

static void gzip_of_several_members(void **state)
{
    (void)state;
    struct hg_err err;
    put_gzip("wb", "first\n");
    put_gzip("ab", "");
    put_gzip("ab", "second\n");
    for (size_t step = 1; step < 20; step++)
        assert_string_equal("first\nsecond\n", read_all(step, &err));
    assert_int_equal(HG_OK, err.rc);
}

static void zstd_of_several_frames_with_skippable_ones(void **state)
{
    (void)state;
    static const char skippable[] = "\x57\x2a\x4d\x18\x05\0\0\0hello";
    struct hg_err err;
    put("w", skippable, sizeof skippable - 1);
    put_zstd("a", "first\n", 6);
    put("a", skippable, sizeof skippable - 1);
    put_zstd("a", "", 0);
    put_zstd("a", "second\n", 7);
    put("a", skippable, sizeof skippable - 1);
    for (size_t step = 1; step < 20; step++) {
        assert_string_equal("first\nsecond\n", read_all(step, &err));
        assert_int_equal(HG_OK, err.rc);
    }
}

static size_t file_bytes(char *out, size_t room)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(out, 1, room, f);
    fclose(f);
    return n;
}

/* Cut at any byte: what was read is the beginning, and only a cut between two frames isn't told. */
static void cut_files_give_what_they_have(bool zstd)
{
    struct hg_rng rng = hg_rng_seeded(1);
    char text[1200], bytes[4096];
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = (char)('a' + hg_rng_below(&rng, 26));
    text[sizeof text - 1] = '\0';
    zstd ? put_zstd("w", text, strlen(text)) : put_gzip("wb", text);
    size_t whole = file_bytes(bytes, sizeof bytes);
    for (size_t n = 4; n < whole; n++) {
        struct hg_err err;
        put("w", bytes, n);
        const char *got = read_all(1 + n % 300, &err);
        assert_int_equal(HG_EFORMAT, err.rc);
        assert_non_null(strstr(err.msg, "ends in the middle"));
        assert_memory_equal(text, got, strlen(got));
    }
}

static void a_cut_gzip_file(void **state)
{
    (void)state;
    cut_files_give_what_they_have(false);
}

static void a_cut_zstd_file(void **state)
{
    (void)state;
    cut_files_give_what_they_have(true);
}

static void damage_is_told_after_what_came_before_it(void **state)
{
    (void)state;
    struct hg_err err;
    put_zstd("w", "first\n", 6);
    put("a", "no frame at all", 15);
    assert_string_equal("first\n", read_all(100, &err));
    assert_int_equal(HG_EFORMAT, err.rc);
    assert_non_null(strstr(err.msg, "the zstd data is damaged"));
    put_gzip("wb", "first\n");
    put("a", "no member at all", 16);
    assert_string_equal("first\n", read_all(100, &err));
    assert_int_equal(HG_EFORMAT, err.rc);
    assert_non_null(strstr(err.msg, "the gzip data is damaged"));
}

/* Any byte of the file changed: an error or the right text up to there, never a crash. */
static void damaged_bytes_anywhere(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    char bytes[4096], text[800];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 400; i++) {
        struct hg_err err;
        put_zstd("w", text, sizeof text);
        size_t n = file_bytes(bytes, sizeof bytes);
        bytes[hg_rng_below(&rng, n)] ^= (char)(1 + hg_rng_below(&rng, 255));
        put("w", bytes, n);
        read_all(333, &err);
    }
}

static void a_window_that_is_too_large_says_what_to_do(void **state)
{
    (void)state;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    char out[4096];
    struct hg_err err;
    ZSTD_inBuffer in = {"text\n", 5, 0};
    ZSTD_outBuffer to = {out, sizeof out, 0};
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, HG_READER_WINDOW_LOG_MAX + 1)));
    assert_false(ZSTD_isError(ZSTD_compressStream2(z, &to, &in, ZSTD_e_flush))); /* a length known beforehand would shrink the window */
    assert_int_equal(0, ZSTD_compressStream2(z, &to, &in, ZSTD_e_end));
    ZSTD_freeCCtx(z);
    put("w", out, to.pos);
    read_all(100, &err);
    assert_int_equal(HG_EFORMAT, err.rc);
    assert_non_null(strstr(err.msg, "larger than 32 MiB"));
    assert_non_null(strstr(err.msg, "--long=25"));
}

#define BOMB_BYTES (UINT64_C(1) << 30)

static void write_gzip_bomb(void)
{
    static char zeros[1 << 20];
    gzFile f = gzopen(path, "wb1");
    for (uint64_t n = 0; n < BOMB_BYTES; n += sizeof zeros)
        assert_int_equal(sizeof zeros, gzwrite(f, zeros, sizeof zeros));
    assert_int_equal(Z_OK, gzclose(f));
}

static void write_zstd_bomb(void)
{
    static char zeros[1 << 20], out[1 << 18];
    ZSTD_CCtx *z = ZSTD_createCCtx();
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, HG_READER_WINDOW_LOG_MAX);
    for (uint64_t n = 0; n < BOMB_BYTES; n += sizeof zeros) {
        ZSTD_inBuffer in = {zeros, sizeof zeros, 0};
        ZSTD_EndDirective end = n + sizeof zeros == BOMB_BYTES ? ZSTD_e_end : ZSTD_e_continue;
        size_t left;
        do {
            ZSTD_outBuffer to = {out, sizeof out, 0};
            left = ZSTD_compressStream2(z, &to, &in, end);
            assert_false(ZSTD_isError(left));
            fwrite(out, 1, to.pos, f);
        } while (in.pos < in.size || (end == ZSTD_e_end && left > 0));
    }
    ZSTD_freeCCtx(z);
    fclose(f);
}

static size_t resident_kib(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL && sscanf(line, "VmRSS: %lu", &kib) != 1)
        ;
    fclose(f);
    return kib;
}

static void bomb(void (*write)(void))
{
    static char out[1 << 20];
    write();
    struct hg_reader *reader;
    struct hg_err err;
    size_t before = resident_kib(), most = before, n;
    uint64_t got = 0;
    assert_int_equal(HG_OK, hg_reader_open(path, &reader, &err));
    do {
        assert_int_equal(HG_OK, hg_reader_read(reader, true, out, sizeof out, &n, &err));
        assert_true(n <= sizeof out);
        got += n;
        if ((got & ((UINT64_C(1) << 26) - 1)) == 0 && resident_kib() > most)
            most = resident_kib();
    } while (n > 0);
    printf("# %llu bytes of %llu, resident memory grew by %zu KiB\n", (unsigned long long)got,
           (unsigned long long)hg_reader_size(reader), most - before);
    hg_reader_close(reader);
    assert_int_equal(BOMB_BYTES, got);
    assert_true(most - before < 64 * 1024);
}

static void a_gzip_bomb_is_read_in_fixed_memory(void **state)
{
    (void)state;
    bomb(write_gzip_bomb);
}

static void a_zstd_bomb_is_read_in_fixed_memory(void **state)
{
    (void)state;
    bomb(write_zstd_bomb);
}

/* A compressed stream through a pipe in pieces: nothing for now is not its end. */
static void a_pipe_that_pauses_in_the_middle(void **state)
{
    (void)state;
    char bytes[4096], got[64];
    put_zstd("w", "first\nsecond\n", 13);
    size_t n = file_bytes(bytes, sizeof bytes), len = 0, some;
    int ends[2], keep = dup(STDIN_FILENO);
    struct hg_reader *reader;
    struct hg_err err;
    assert_int_equal(0, pipe(ends));
    dup2(ends[0], STDIN_FILENO);
    assert_int_equal(HG_OK, hg_reader_open("-", &reader, &err));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(HG_OK, hg_reader_read(reader, false, got + len, sizeof got - len, &some, &err));
        len += some;
        assert_int_equal(1, write(ends[1], bytes + i, 1));
    }
    close(ends[1]);
    do {
        assert_int_equal(HG_OK, hg_reader_read(reader, true, got + len, sizeof got - len, &some, &err));
        len += some;
    } while (some > 0);
    assert_int_equal(13, len);
    assert_memory_equal("first\nsecond\n", got, 13);
    hg_reader_close(reader);
    dup2(keep, STDIN_FILENO);
    close(keep);
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_also_when_it_is_tiny_or_looks_like_a_magic_number),
        cmocka_unit_test(gzip_of_several_members),
        cmocka_unit_test(zstd_of_several_frames_with_skippable_ones),
        cmocka_unit_test(a_cut_gzip_file),
        cmocka_unit_test(a_cut_zstd_file),
        cmocka_unit_test(damage_is_told_after_what_came_before_it),
        cmocka_unit_test(damaged_bytes_anywhere),
        cmocka_unit_test(a_window_that_is_too_large_says_what_to_do),
        cmocka_unit_test(a_gzip_bomb_is_read_in_fixed_memory),
        cmocka_unit_test(a_zstd_bomb_is_read_in_fixed_memory),
        cmocka_unit_test(a_pipe_that_pauses_in_the_middle),
    };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    rmdir(folder);
    return failed;
}
