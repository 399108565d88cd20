/* What an input on the command line means, and which files a glob or folder stands for. */
#include "support/cmocka_all.h"

#include "source/inputs.h"

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/hg-inputs-XXXXXX";

static void make(const char *name)
{
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fclose(f);
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(name);
}

static int in_folder(void **state)
{
    (void)state;
    assert_int_equal(0, chdir(folder));
    assert_int_equal(0, mkdir("logs", 0700));
    assert_int_equal(0, mkdir("logs/deep", 0700));
    assert_int_equal(0, mkdir("logs/.hidden", 0700));
    assert_int_equal(0, mkdir("empty", 0700));
    static const char *const names[] = {"logs/b.json",    "logs/a.json",     "logs/deep/a.json", "logs/deep/c.log",  "logs/.dot",
                                        "logs/b.json~",   "logs/x.json.tmp", "logs/y.swp",       "logs/z.json.part", "logs/.hidden/h",
                                        "logs/odd[1].js", "unix:odd"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make(names[i]);
    assert_int_equal(0, symlink("b.json", "logs/current"));
    assert_int_equal(0, link("logs/a.json", "logs/zz"));
    assert_int_equal(0, symlink("..", "logs/deep/up")); /* a loop, were it followed */
    assert_int_equal(0, symlink("nowhere", "logs/dangling"));
    return mkfifo("logs/fifo", 0600);
}

/* The paths in one line. */
static const char *joined(const struct hg_paths *paths)
{
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < paths->n; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i == 0 ? "" : " ", paths->paths[i]);
    return text;
}

static void kinds(void **state)
{
    (void)state;
    static const struct {
        const char *input;
        enum hg_input_kind kind;
    } cases[] = {
        {"-", HG_INPUT_STDIN},
        {"logs", HG_INPUT_FOLDER},
        {"logs/", HG_INPUT_FOLDER},
        {"logs/a.json", HG_INPUT_FILE},
        {"logs/not-there", HG_INPUT_FILE},
        {"logs/*.json", HG_INPUT_GLOB},
        {"logs/?.json", HG_INPUT_GLOB},
        {"logs/odd[1].js", HG_INPUT_FILE}, /* exists: a path, whatever characters it has */
        {"logs/odd[2].js", HG_INPUT_GLOB},
        {"unix:/run/eve.sock", HG_INPUT_LISTENER},
        {"syslog+udp:127.0.0.1:5514", HG_INPUT_LISTENER},
        {"syslog+tcp:[::1]:5514", HG_INPUT_LISTENER},
        {"unix:odd", HG_INPUT_FILE},
        {"syslog:127.0.0.1", HG_INPUT_FILE},
        {"", HG_INPUT_FILE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hg_input_kind(cases[i].input) != cases[i].kind)
            fail_msg("%s: kind %d", cases[i].input, (int)hg_input_kind(cases[i].input));
}

static void a_folder_is_its_files(void **state)
{
    (void)state;
    struct hg_paths paths = {0};
    struct hg_err err;
    assert_int_equal(HG_OK, hg_paths_add(&paths, "logs", &err));
    assert_string_equal("logs/a.json logs/deep/a.json logs/b.json logs/deep/c.log logs/odd[1].js", joined(&paths));
    hg_paths_free(&paths);
}

static void a_glob_is_what_it_matches(void **state)
{
    (void)state;
    struct hg_paths paths = {0};
    struct hg_err err;
    assert_int_equal(HG_OK, hg_paths_add(&paths, "logs/*.json*", &err));
    assert_string_equal("logs/a.json logs/b.json", joined(&paths));
    hg_paths_free(&paths);
    assert_int_equal(HG_OK, hg_paths_add(&paths, "logs/d*", &err)); /* a folder: what lies in it */
    assert_string_equal("logs/deep/a.json logs/deep/c.log", joined(&paths));
    hg_paths_free(&paths);
}

static void a_file_named_twice_is_there_once(void **state)
{
    (void)state;
    struct hg_paths paths = {0};
    struct hg_err err;
    static const char *const inputs[] = {"logs/current", "logs/b.json", "./logs/b.json", "not-there", "not-there", "logs/*.json", "logs/zz",
                                         "logs/deep"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        assert_int_equal(HG_OK, hg_paths_add(&paths, inputs[i], &err));
    assert_string_equal("logs/a.json logs/deep/a.json logs/deep/c.log logs/current not-there", joined(&paths));
    hg_paths_free(&paths);
}

static void nothing_there_is_an_error(void **state)
{
    (void)state;
    struct hg_paths paths = {0};
    struct hg_err err;
    assert_int_equal(HG_EUSAGE, hg_paths_add(&paths, "logs/*.nothing", &err));
    assert_non_null(strstr(err.msg, "matches no file"));
    assert_int_equal(HG_EUSAGE, hg_paths_add(&paths, "logs/*.tmp", &err));
    assert_int_equal(HG_EUSAGE, hg_paths_add(&paths, "empty", &err));
    assert_non_null(strstr(err.msg, "holds no file"));
    assert_int_equal(HG_EUSAGE, hg_paths_add(&paths, "unix:/run/eve.sock", &err));
    assert_int_equal(0, paths.n);
    hg_paths_free(&paths);
}

static void temporary_names_and_siblings(void **state)
{
    (void)state;
    assert_true(hg_name_is_temporary("eve.json~"));
    assert_true(hg_name_is_temporary("eve.json.1.gz.tmp"));
    assert_false(hg_name_is_temporary("tmp"));
    assert_false(hg_name_is_temporary("eve.tmp.json"));
    assert_true(hg_path_is_sibling("/v/eve.json.1", "/v/eve.json"));
    assert_true(hg_path_is_sibling("/v/eve.json-20260101.gz", "/v/eve.json"));
    assert_true(hg_path_is_sibling("/v/eve.json_old", "/v/eve.json"));
    assert_false(hg_path_is_sibling("/v/eve.json", "/v/eve.json"));
    assert_false(hg_path_is_sibling("/v/eve.jsonl", "/v/eve.json"));
    assert_false(hg_path_is_sibling("/v/eve.json.d/x", "/v/eve.json"));
    assert_false(hg_path_is_sibling("/w/eve.json.1", "/v/eve.json"));
}

/* Many names, added one by one and as a folder: the same list. */
static void many_files(void **state)
{
    (void)state;
    struct hg_paths paths = {0};
    struct hg_err err;
    assert_int_equal(0, mkdir("many", 0700));
    for (int i = 0; i < 3000; i++) {
        char name[64];
        snprintf(name, sizeof name, "many/%d", i * 7919 % 3000);
        make(name);
        assert_int_equal(HG_OK, hg_paths_add(&paths, name, &err));
    }
    assert_int_equal(3000, paths.n);
    assert_int_equal(HG_OK, hg_paths_add(&paths, "many", &err));
    assert_int_equal(3000, paths.n);
    for (size_t i = 1; i < paths.n; i++)
        assert_true(strcmp(paths.paths[i - 1], paths.paths[i]) < 0);
    hg_paths_free(&paths);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(a_folder_is_its_files),
        cmocka_unit_test(a_glob_is_what_it_matches),
        cmocka_unit_test(a_file_named_twice_is_there_once),
        cmocka_unit_test(nothing_there_is_an_error),
        cmocka_unit_test(temporary_names_and_siblings),
        cmocka_unit_test(many_files),
    };
    assert_non_null(mkdtemp(folder));
    int failed = cmocka_run_group_tests(tests, in_folder, NULL);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return failed;
}
