/*
 * Every kind of rotation in a seeded order, with a reader that is stopped and started (and killed, back to its last commit) in
 * between: each line that was written is taken exactly once. Writer and reader take turns in one thread, and the clock is the
 * test's, so that a seed repeats what it did: HG_SEED=N.
 */
#include "source/follow_support.h"

#include <fcntl.h>
#include <unistd.h>

#define STEPS     500
#define LINES_MAX 200000
#define KEPT      6
#define LOG       "eve.json"
#define FILE_MAX_BYTES (4u << 20)

static struct world {
    struct hg_rng rng;
    struct hg_follow *follow;
    struct taker taker, committed;
    uint8_t taken[LINES_MAX], taken_committed[LINES_MAX];
    int64_t complete_us;
    uint64_t written, torn;
    int writer;             /* -1: not open */
    char half[512];         /* of a line that was begun: what is missing */
    bool fragile;           /* bytes that only an open descriptor holds: no restart now */
    unsigned counts[16];
} w;
static char log_bytes[FILE_MAX_BYTES], packed_bytes[FILE_MAX_BYTES];

static uint64_t below(uint64_t n)
{
    return hg_rng_below(&w.rng, n);
}

static size_t line_text(uint64_t id, char *out, size_t room)
{
    size_t filler = (size_t)(hg_mix64(id) % 300);
    size_t n = (size_t)snprintf(out, room, "%08llu ", (unsigned long long)id);
    memset(out + n, 'a' + (int)(id % 26), filler);
    out[n + filler] = '\n';
    out[n + filler + 1] = '\0';
    return n + filler + 1;
}

static void take(void *to, const char *line, size_t len, bool whole)
{
    (void)to;
    char expected[512], text[16];
    uint64_t id = LINES_MAX;
    snprintf(text, sizeof text, "%.8s", len >= 8 ? line : "");
    if (!whole || !hg_num_parse_u64(hg_slice_of(text), &id) || id >= w.written || line_text(id, expected, sizeof expected) != len ||
        memcmp(expected, line, len) != 0) {
        w.torn++;
        printf("# torn: %.*s\n", (int)(len < 60 ? len : 60), line);
        return;
    }
    if (w.taken[id] < 255)
        w.taken[id]++;
    if (w.taken[id] > 1)
        printf("# twice: %llu\n", (unsigned long long)id);
}

/* HG_TRACE=1 tells the whole schedule: for finding out why a seed fails. */
static void trace(const char *what)
{
    if (getenv("HG_TRACE") != NULL)
        printf("# %lld.%06lld %s (%llu lines)\n", (long long)(test_now_us / HG_SECOND % 100000), (long long)(test_now_us % HG_SECOND), what,
               (unsigned long long)w.written);
}

/* ---- the reader's side */

static void commit(void)
{
    trace("commit");
    struct hg_follow_status status;
    hg_follow_status(w.follow, &status);
    w.complete_us = status.complete_us;
    w.committed = w.taker;
    memcpy(w.taken_committed, w.taken, sizeof w.taken);
}

static void pump(uint64_t turns)
{
    static const char *const names[] = {"bytes", "nothing", "left", "final"};
    for (uint64_t i = 0; i < turns; i++) {
        enum hg_got got = taker_turn(&w.taker, w.follow, 1 + (size_t)below(below(4) == 0 ? 40 : 20000));
        trace(names[got]);
    }
    if (below(3) == 0)
        commit();
}

static void pass(int64_t us)
{
    test_now_us += us;
}

/* Until everything is read that can be; the path itself is at hand then. */
static void catch_up(void)
{
    for (int i = 0; i < 4; i++) {
        taker_drain(&w.taker, w.follow, 50000);
        pass(1100 * 1000);
    }
    taker_drain(&w.taker, w.follow, 50000);
    commit();
    w.fragile = false;
}

static void start(void)
{
    struct hg_err err;
    assert_int_equal(HG_OK, follow_open_clock(LOG, w.complete_us, test_clock, NULL, &w.follow, &err));
}

static void stop(bool killed)
{
    trace(killed ? "killed" : "stopped");
    if (killed) {
        w.taker = w.committed;
        memcpy(w.taken, w.taken_committed, sizeof w.taken);
    } else {
        commit();
    }
    hg_follow_close(w.follow);
    w.follow = NULL;
    taker_reset(&w.taker);
}

/* The reader may look at any point where other things happen in pieces. */
static void maybe_pump(void)
{
    if (w.follow != NULL && below(2) == 0)
        pump(1 + below(6));
    pass((int64_t)below(300000));
}

/* ---- the writer's side */

static void writer_open(void)
{
    w.writer = open(LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    assert_true(w.writer >= 0);
}

static void writer_put(const char *text)
{
    struct timespec t = {test_now_us / HG_SECOND, test_now_us % HG_SECOND * 1000}, times[2] = {t, t};
    assert_int_equal(strlen(text), write(w.writer, text, strlen(text)));
    assert_int_equal(0, futimens(w.writer, times));
}

static void finish_line(void)
{
    if (w.half[0] != '\0')
        writer_put(w.half);
    w.half[0] = '\0';
}

static void append(void)
{
    char text[512];
    finish_line();
    for (uint64_t n = 1 + below(20); n > 0; n--) {
        line_text(w.written++, text, sizeof text);
        assert_true(w.written < LINES_MAX);
        writer_put(text);
    }
    if (below(4) != 0)
        return;
    size_t len = line_text(w.written++, text, sizeof text), cut = 1 + (size_t)below(len - 1);
    snprintf(w.half, sizeof w.half, "%s", text + cut);
    text[cut] = '\0';
    writer_put(text);
}

static void writer_close(void)
{
    finish_line();
    close(w.writer);
    w.writer = -1;
}

static bool exists(const char *name)
{
    return access(name, F_OK) == 0;
}

static void archive_name(char out[64], int number, int kind)
{
    static const char *const ends[] = {"", ".gz", ".zst"};
    snprintf(out, 64, LOG ".%d%s", number, ends[kind]);
}

/* .1 becomes .2 and so on, compressed or not. */
static void shift(void)
{
    for (int i = 60; i >= 1; i--)
        for (int kind = 0; kind < 3; kind++) {
            char from[64], to[64];
            archive_name(from, i, kind);
            archive_name(to, i + 1, kind);
            if (exists(from))
                assert_int_equal(0, rename(from, to));
        }
}

static void rename_away(void)
{
    trace("rename away");
    shift();
    assert_int_equal(0, rename(LOG, LOG ".1"));
}

/* As logrotate does: the writer goes on in the renamed file until it is told. */
static void rotate_by_rename(void)
{
    rename_away();
    for (uint64_t n = below(3); n > 0; n--) {
        maybe_pump();
        append();
    }
    maybe_pump();
    writer_close();
    if (below(2) == 0)
        maybe_pump();
    writer_open();
    if (below(2) == 0)
        append();
}

static void rotate_by_copy(void)
{
    struct stat st;
    finish_line(); /* a line that is cut between copy and rest is torn for anybody */
    shift();
    size_t len = file_read(LOG, log_bytes, sizeof log_bytes);
    assert_int_equal(0, fstat(w.writer, &st));
    file_write(LOG ".1", "", 0);
    for (size_t i = 0, n; i < len; i += n) {
        char piece[100001];
        n = 1 + (size_t)below(below(2) == 0 ? 3000 : 100000);
        n = n < len - i ? n : len - i;
        memcpy(piece, log_bytes + i, n);
        piece[n] = '\0';
        file_append(LOG ".1", piece);
        maybe_pump();
    }
    if (below(2) == 0)
        file_times(LOG ".1", (int64_t)st.st_mtim.tv_sec * HG_SECOND + st.st_mtim.tv_nsec / 1000);
    assert_int_equal(0, ftruncate(w.writer, 0));
    file_times(LOG, test_now_us);
    if (below(2) == 0)
        append(); /* before anybody looks */
}

/* What a descriptor alone holds needs a reader that has it open. */
static bool held(void)
{
    struct hg_follow_status status;
    if (w.follow == NULL)
        return false;
    append(); /* an empty one is not opened */
    catch_up();
    hg_follow_status(w.follow, &status);
    return strcmp(status.visiting, LOG) == 0;
}

static void remove_and_make_again(void)
{
    if (!held())
        return;
    append();
    finish_line();
    w.fragile = true;
    assert_int_equal(0, unlink(LOG));
    maybe_pump();
    if (below(2) == 0)
        append();
    writer_close();
    maybe_pump();
    writer_open();
    maybe_pump();
}

static void replace(void)
{
    if (!held())
        return;
    append();
    writer_close();
    w.fragile = true;
    char text[512];
    file_write(LOG ".tmp", "", 0);
    for (uint64_t n = 1 + below(30); n > 0; n--) {
        line_text(w.written++, text, sizeof text);
        file_append(LOG ".tmp", text);
    }
    maybe_pump();
    assert_int_equal(0, rename(LOG ".tmp", LOG));
    writer_open();
}

/* Truncated, written and removed at once: the reader still has the old bytes at hand, and its descriptor is the only hold on the new. */
static void copy_and_remove(void)
{
    if (!held())
        return;
    append();
    rotate_by_copy();
    if (w.follow != NULL)
        pump(below(3));
    append();
    finish_line();
    w.fragile = true;
    assert_int_equal(0, unlink(LOG));
    writer_close();
    maybe_pump();
    writer_open();
    if (below(2) == 0)
        append();
}

/* The newest plain archive is compressed behind the reader's back. */
static void compress(void)
{
    char from[64], to[64], part[80];
    struct stat st;
    bool zstd = below(2) == 0;
    int number = 1;
    for (archive_name(from, number, 0); number < 8 && !exists(from); archive_name(from, ++number, 0))
        ;
    if (!exists(from))
        return;
    archive_name(to, number, zstd ? 2 : 1);
    assert_int_equal(0, stat(from, &st));
    size_t len = file_read(from, log_bytes, sizeof log_bytes);
    size_t n = packed(zstd, log_bytes, len, below(3) == 0 ? 1 + len / 3 : len + 1, packed_bytes, sizeof packed_bytes);
    bool in_place = below(2) == 0;
    snprintf(part, sizeof part, "%s%s", to, in_place ? "" : ".tmp");
    for (size_t half = 0; half < 3; half++) { /* grows while we look */
        file_write(part, packed_bytes, half == 2 ? n : n * half / 3);
        maybe_pump();
    }
    if (below(2) == 0)
        file_times(part, (int64_t)st.st_mtim.tv_sec * HG_SECOND + st.st_mtim.tv_nsec / 1000);
    if (!in_place)
        assert_int_equal(0, rename(part, to));
    if (below(2) == 0)
        maybe_pump();
    assert_int_equal(0, unlink(from));
}

/* Something else stands where the log should be. */
static void obstruct(void)
{
    rename_away();
    writer_close();
    assert_int_equal(0, mkdir(LOG, 0700));
    for (uint64_t n = 1 + below(4); n > 0; n--)
        maybe_pump();
    assert_int_equal(0, rmdir(LOG));
    maybe_pump();
    writer_open();
}

static void vanish(void)
{
    rename_away();
    writer_close();
    for (uint64_t n = 1 + below(4); n > 0; n--)
        maybe_pump();
    writer_open();
}

static void rotate_somehow(void)
{
    switch (below(3)) {
    case 0:
        rotate_by_rename();
        break;
    case 1:
        rotate_by_copy();
        break;
    default:
        compress();
        break;
    }
}

static void rotate_twice(void)
{
    for (int i = 0; i < 2; i++) {
        rename_away();
        if (below(2) == 0)
            append();
        writer_close();
        writer_open();
        append();
        pass((int64_t)below(20000));
    }
}

static void restart(void)
{
    if (w.fragile)
        catch_up();
    bool killed = below(2) == 0;
    stop(killed);
    for (uint64_t n = below(4); n > 0; n--) { /* nobody looks */
        append();
        pass((int64_t)below(3000000));
        rotate_somehow();
    }
    start();
}

/* Old archives are removed when they were read. */
static void tidy(void)
{
    catch_up();
    for (int i = KEPT; i < 62; i++)
        for (int kind = 0; kind < 3; kind++) {
            char name[64];
            archive_name(name, i, kind);
            unlink(name);
        }
}

static void step(void)
{
    static const struct {
        const char *name;
        void (*act)(void);
        unsigned weight;
    } acts[] = {{"append", append, 30},          {"rename", rotate_by_rename, 6},       {"copy", rotate_by_copy, 6},
                {"compress", compress, 8},       {"remove", remove_and_make_again, 3},  {"replace", replace, 3},
                {"twice", rotate_twice, 3},      {"obstruct", obstruct, 2},             {"vanish", vanish, 2},
                {"restart", restart, 6},          {"copy and remove", copy_and_remove, 4}};
    unsigned sum = 0, i = 0;
    for (size_t k = 0; k < sizeof acts / sizeof *acts; k++)
        sum += acts[k].weight;
    unsigned at = (unsigned)below(sum);
    while (at >= acts[i].weight)
        at -= acts[i++].weight;
    trace(acts[i].name);
    acts[i].act();
    w.counts[i]++;
    pass((int64_t)below(below(4) == 0 ? 4000000 : 100000));
    if (below(2) == 0)
        pump(1 + below(40));
    if (below(25) == 0)
        tidy();
}

static void each_line_is_taken_once(void **state)
{
    (void)state;
    w.rng = test_rng();
    test_folder_make();
    w.taker.line = take;
    taker_reset(&w.taker);
    w.complete_us = HG_TIME_NONE;
    start();
    writer_open();
    commit();
    for (int i = 0; i < STEPS; i++)
        step();
    finish_line();
    catch_up();
    pass(61 * HG_SECOND);
    catch_up();
    uint64_t missing = 0, twice = 0, written = w.written;
    for (uint64_t i = 0; i < written; i++) {
        if (w.taken[i] == 0 && missing++ < 10)
            printf("# missing: %llu\n", (unsigned long long)i);
        twice += w.taken[i] > 1;
    }
    struct hg_follow_status status;
    hg_follow_status(w.follow, &status);
    printf("# %llu lines in %zu streams; %u renamed, %u copied, %u compressed, %u removed, %u replaced, %u twice, %u restarts, %u copied and removed\n",
           (unsigned long long)written, w.taker.n_streams, w.counts[1], w.counts[2], w.counts[3], w.counts[4], w.counts[5], w.counts[6],
           w.counts[9], w.counts[10]);
    printf("# missing %llu, twice %llu, torn %llu; lost_bytes %llu, trouble \"%s\"\n", (unsigned long long)missing,
           (unsigned long long)twice, (unsigned long long)w.torn, (unsigned long long)status.lost_bytes, status.trouble);
    assert_int_equal(0, missing);
    assert_int_equal(0, twice);
    assert_int_equal(0, w.torn);
    assert_int_equal(0, status.lost_bytes);
    assert_int_equal(0, status.behind_bytes);
    assert_true(status.complete_us > test_now_us - 10 * HG_SECOND);
    hg_follow_close(w.follow);
    close(w.writer);
    test_folder_remove();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_line_is_taken_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
