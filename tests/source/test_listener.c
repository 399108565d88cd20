/* Listeners with real sockets, on loopback and in a folder of their own. */
#include "support/cmocka_all.h"

#include "source/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/hg-listener-XXXXXX";
static char socket_path[64], socket_uri[80];
static char room[4 * HG_LISTENER_LINE_MAX];

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(socket_path, sizeof socket_path, "%s/eve.sock", folder);
    snprintf(socket_uri, sizeof socket_uri, "unix:%s", socket_path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(socket_path);
    return rmdir(folder);
}

static struct hg_listener *open_listener(const char *uri)
{
    struct hg_listener *listener = NULL;
    struct hg_err err = {0};
    if (hg_listener_open(uri, &listener, &err) != HG_OK)
        fail_msg("%s: %s", uri, err.msg);
    return listener;
}

static void refuses(const char *uri, enum hg_rc expected, const char *words)
{
    struct hg_listener *listener = NULL;
    struct hg_err err = {0};
    assert_int_equal(hg_listener_open(uri, &listener, &err), expected);
    assert_null(listener);
    if (strstr(err.msg, words) == NULL)
        fail_msg("'%s' should say '%s'", err.msg, words);
}

static struct hg_listener_status status_of(const struct hg_listener *listener)
{
    struct hg_listener_status status;
    hg_listener_status(listener, &status);
    return status;
}

/* Reads until `len` bytes have come or nothing has for a while; the lines are in out. */
static void read_bytes(struct hg_listener *listener, size_t len, struct hg_buf *out)
{
    struct hg_err err;
    for (int idle = 0; idle < 20 && out->len < len;) {
        size_t n;
        assert_int_equal(hg_listener_read(listener, 50, room, sizeof room, &n, &err), HG_OK);
        hg_buf_add(out, room, n);
        idle = n > 0 ? 0 : idle + 1;
    }
}

static void expect(struct hg_listener *listener, const char *lines)
{
    struct hg_buf out;
    size_t n;
    struct hg_err err;
    hg_buf_init(&out, (size_t)64 << 20);
    read_bytes(listener, strlen(lines), &out);
    assert_slice(out.p == NULL ? HG_SLICE("") : hg_buf_slice(&out), lines);
    hg_buf_free(&out);
    assert_int_equal(hg_listener_read(listener, 0, room, sizeof room, &n, &err), HG_OK);
    assert_int_equal(n, 0);
}

/* Reads until so many peers are there. */
static void await_peers(struct hg_listener *listener, uint32_t n)
{
    for (int i = 0; i < 100 && status_of(listener).peers != n; i++) {
        size_t len;
        struct hg_err err;
        assert_int_equal(hg_listener_read(listener, 20, room, sizeof room, &len, &err), HG_OK);
        assert_int_equal(len, 0);
    }
    assert_int_equal(status_of(listener).peers, n);
}

static int connect_unix(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int connect_port(int type, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, type, 0);
    assert_true(fd >= 0 && port != 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void put(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* ---- unix */

static void lines_of_several_peers_stay_whole(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    assert_string_equal(hg_listener_name(listener), "unix");
    struct stat st;
    assert_int_equal(lstat(socket_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    int a = connect_unix(), b = connect_unix();
    await_peers(listener, 2);
    put(a, "{\"a\":");
    put(b, "{\"b\":1}\n{\"b\":");
    expect(listener, "{\"b\":1}\n");
    put(a, "1}\r\n");
    expect(listener, "{\"a\":1}\n");
    put(b, "2}\n");
    expect(listener, "{\"b\":2}\n");
    close(a);
    close(b);
    await_peers(listener, 0);
    hg_listener_close(listener);
    assert_int_equal(lstat(socket_path, &st), -1);
}

static void a_peer_that_goes_away_inside_a_line_leaves_it_as_one(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    int a = connect_unix(), b = connect_unix();
    put(a, "{\"a\":1}\n{\"cut");
    put(b, "{\"b\":");
    expect(listener, "{\"a\":1}\n");
    close(a);
    expect(listener, "{\"cut\n");
    put(b, "1}\n");
    expect(listener, "{\"b\":1}\n");
    assert_int_equal(status_of(listener).peers, 1);
    close(b);
    hg_listener_close(listener);
}

static void a_line_too_long_is_cut_and_the_next_is_whole(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    int a = connect_unix();
    struct hg_buf out;
    hg_buf_init(&out, 1 << 20);
    char *text = malloc(150000);
    assert_non_null(text);
    memset(text, 'x', 150000);
    memcpy(text + 150000 - 9, "\n{\"b\":1}\n", 9);
    put(a, "{\"a\":1}\n");
    assert_int_equal(send(a, text, 150000, 0), 150000);
    free(text);
    read_bytes(listener, 8 + HG_LISTENER_LINE_MAX + 1 + 8, &out);
    assert_int_equal(out.len, 8 + HG_LISTENER_LINE_MAX + 1 + 8);
    assert_memory_equal(out.p, "{\"a\":1}\n", 8);
    assert_memory_equal(out.p + out.len - 9, "\n{\"b\":1}\n", 9);
    hg_buf_free(&out);
    close(a);
    hg_listener_close(listener);
}

static void too_many_peers_are_refused_and_counted(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    int fds[HG_LISTENER_PEERS_MAX + 3];
    for (size_t i = 0; i < HG_LISTENER_PEERS_MAX + 3; i++)
        fds[i] = connect_unix();
    await_peers(listener, HG_LISTENER_PEERS_MAX);
    assert_int_equal(status_of(listener).refused, 3);
    char c;
    assert_int_equal(recv(fds[HG_LISTENER_PEERS_MAX], &c, 1, 0), 0);
    put(fds[HG_LISTENER_PEERS_MAX - 1], "{}\n");
    expect(listener, "{}\n");
    close(fds[0]);
    await_peers(listener, HG_LISTENER_PEERS_MAX - 1);
    int late = connect_unix();
    put(late, "{\"late\":1}\n");
    expect(listener, "{\"late\":1}\n");
    close(late);
    for (size_t i = 1; i < HG_LISTENER_PEERS_MAX + 3; i++)
        close(fds[i]);
    hg_listener_close(listener);
}

/* One peer floods, another says little: what it says doesn't wait for the flood's end. */
static void a_flood_leaves_others_their_turn(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    int flood = connect_unix(), quiet = connect_unix();
    await_peers(listener, 2);
    char line[1001];
    memset(line, 'x', 1000);
    line[1000] = '\n';
    for (int i = 0; i < 100000 && send(flood, line, sizeof line, MSG_DONTWAIT) > 0; i++) {}
    put(quiet, "{\"quiet\":1}\n");
    bool heard = false;
    for (int i = 0; i < 3 && !heard; i++) {
        size_t n;
        struct hg_err err;
        assert_int_equal(hg_listener_read(listener, 0, room, (size_t)2 * HG_LISTENER_LINE_MAX, &n, &err), HG_OK);
        heard = memmem(room, n, "{\"quiet\":1}\n", 12) != NULL;
        for (int more = 0; more < 200 && send(flood, line, sizeof line, MSG_DONTWAIT) > 0; more++) {}
    }
    assert_true(heard);
    close(flood);
    close(quiet);
    hg_listener_close(listener);
}

/* Who comes, writes and goes is no peer too many, however fast the next ones follow. */
static void short_visits_in_a_row_lose_nothing(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    struct hg_buf sent;
    hg_buf_init(&sent, 1 << 20);
    for (unsigned i = 0; i < 3 * HG_LISTENER_PEERS_MAX; i++) {
        char line[32];
        int n = snprintf(line, sizeof line, "{\"visit\":%u}\n", i), fd = connect_unix();
        put(fd, line);
        close(fd);
        hg_buf_add(&sent, line, (size_t)n);
    }
    hg_buf_add(&sent, "", 1);
    expect(listener, sent.p);
    assert_int_equal(status_of(listener).refused, 0);
    await_peers(listener, 0);
    hg_buf_free(&sent);
    hg_listener_close(listener);
}

/* Seeded: peers write lines in random pieces, in turn; each peer's lines come whole and in its order, and none is missing. */
static void interleaved_peers_lose_nothing(void **state)
{
    (void)state;
    enum { PEERS = 9, LINES = 400 };
    struct hg_rng rng = test_rng();
    struct hg_listener *listener = open_listener(socket_uri);
    int fds[PEERS];
    char lines[PEERS][32];
    size_t at[PEERS] = {0}, next[PEERS] = {0}, seen[PEERS] = {0}, left = PEERS;
    struct hg_buf out;
    hg_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < PEERS; i++) {
        fds[i] = connect_unix();
        snprintf(lines[i], sizeof lines[i], "%zu 0\n", i);
    }
    while (left > 0) {
        size_t i = hg_rng_below(&rng, PEERS);
        if (next[i] == LINES)
            continue;
        size_t rest = strlen(lines[i]) - at[i], n = 1 + hg_rng_below(&rng, rest);
        assert_int_equal(send(fds[i], lines[i] + at[i], n, 0), (ssize_t)n);
        at[i] += n;
        if (n == rest) {
            at[i] = 0;
            snprintf(lines[i], sizeof lines[i], "%zu %zu\n", i, ++next[i]);
            if (next[i] == LINES) {
                close(fds[i]);
                left--;
            }
        }
        if (hg_rng_below(&rng, 20) == 0) {
            struct hg_err err;
            assert_int_equal(hg_listener_read(listener, 0, room, sizeof room, &n, &err), HG_OK);
            hg_buf_add(&out, room, n);
        }
    }
    read_bytes(listener, SIZE_MAX, &out);
    hg_buf_char(&out, '\0');
    for (const char *p = out.p; *p != '\0'; p = strchr(p, '\n') + 1) {
        size_t peer, number;
        assert_int_equal(sscanf(p, "%zu %zu\n", &peer, &number), 2);
        assert_true(peer < PEERS);
        assert_int_equal(number, seen[peer]++);
    }
    for (size_t i = 0; i < PEERS; i++)
        assert_int_equal(seen[i], LINES);
    assert_int_equal(status_of(listener).peers, 0);
    hg_buf_free(&out);
    hg_listener_close(listener);
}

static void only_a_dead_process_socket_is_replaced(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener(socket_uri);
    refuses(socket_uri, HG_ESTATE, "another process listens");
    put(connect_unix(), "{}\n");
    expect(listener, "{}\n");
    hg_listener_close(listener);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof address), 0);
    close(dead); /* as kill -9 leaves it */
    listener = open_listener(socket_uri);
    int peer = connect_unix();
    put(peer, "{}\n");
    expect(listener, "{}\n");
    close(peer);

    unlink(socket_path); /* what stands there at the end isn't ours */
    FILE *file = fopen(socket_path, "w");
    assert_non_null(file);
    fclose(file);
    hg_listener_close(listener);
    assert_int_equal(access(socket_path, F_OK), 0);
    refuses(socket_uri, HG_EUSAGE, "no socket");
    assert_int_equal(access(socket_path, F_OK), 0);
    unlink(socket_path);
}

/* ---- syslog */

static void syslog_over_tcp(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener("syslog+tcp:127.0.0.1:0");
    int a = connect_port(SOCK_STREAM, status_of(listener).port), b = connect_port(SOCK_STREAM, status_of(listener).port);
    put(a, "<13>1 - h a - - - {\"a\":1}\n26 <13>1 - h a - - - {\"a\":\n2}\n<13>Oct 11 22:14:15 h eve: {\"a\":3}\r\nno json");
    expect(listener, "{\"a\":1}\n{\"a\": 2}\n{\"a\":3}\n");
    put(b, "77777777777 {}\n7 {\"b\":1}");
    expect(listener, "77777777777 {}\n{\"b\":1}\n");
    assert_int_equal(status_of(listener).bad_frames, 1);
    close(a);
    expect(listener, "no json\n");
    close(b);
    hg_listener_close(listener);
}

static void syslog_over_udp(void **state)
{
    (void)state;
    struct hg_listener *listener = open_listener("syslog+udp:127.0.0.1:0");
    int fd = connect_port(SOCK_DGRAM, status_of(listener).port);
    put(fd, "<13>1 - h a - - - {\"a\":\n1}\n");
    put(fd, "");
    put(fd, "<13>Oct 11 22:14:15 h eve: {\"a\":2}");
    put(fd, "{\"a\":3}\r\n");
    expect(listener, "{\"a\": 1}\n{\"a\":2}\n{\"a\":3}\n");
    assert_int_equal(status_of(listener).lost, 0);
    close(fd);
    hg_listener_close(listener);
}

/* Nobody reads while many are sent: what was received and what was lost are what was sent. */
static void dropped_datagrams_are_counted(void **state)
{
    (void)state;
    enum { SENT = 30000 };
    struct hg_listener *listener = open_listener("syslog+udp:127.0.0.1:0");
    int fd = connect_port(SOCK_DGRAM, status_of(listener).port);
    char text[1001];
    memset(text, 'x', 1000);
    text[1000] = '\0';
    for (int i = 0; i < SENT; i++)
        put(fd, text);
    uint64_t lost = status_of(listener).lost; /* known without another datagram */
    struct hg_buf out;
    hg_buf_init(&out, (size_t)64 << 20);
    read_bytes(listener, SIZE_MAX, &out);
    assert_int_equal(out.len % 1001, 0);
    printf("# %zu received, %llu lost\n", out.len / 1001, (unsigned long long)lost);
    assert_true(lost > 0);
    assert_int_equal(out.len / 1001 + lost, SENT);
    assert_int_equal(status_of(listener).lost, lost);
    hg_buf_free(&out);
    close(fd);
    hg_listener_close(listener);
}

static void an_address_may_be_ipv6(void **state)
{
    (void)state;
    struct hg_listener *listener = NULL;
    struct hg_err err;
    if (hg_listener_open("syslog+tcp:[::1]:0", &listener, &err) == HG_EIO && (err.sys == EADDRNOTAVAIL || err.sys == EAFNOSUPPORT)) {
        print_message("skipped: this machine has no IPv6\n");
        return;
    }
    assert_non_null(listener);
    assert_true(status_of(listener).port > 0);
    hg_listener_close(listener);
}

static void wrong_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const uris[] = {"syslog+tcp:", "syslog+tcp:127.0.0.1", "syslog+tcp:localhost:5514", "syslog+tcp:127.0.0.1:",
                                       "syslog+tcp:127.0.0.1:65536", "syslog+tcp:127.0.0.1:+1", "syslog+tcp:::1:5514", "syslog+udp:[]:1",
                                       "syslog+udp:[::1:1", "syslog+udp:127.0.0.1:5x"};
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++)
        refuses(uris[i], HG_EUSAGE, "numeric address and a port");
    refuses("tcp:127.0.0.1:1", HG_EUSAGE, "not the URI of a listener");
    refuses("unix", HG_EUSAGE, "not the URI of a listener");
    refuses("unix:", HG_EUSAGE, "a path of 1 to");
    char path[256] = "unix:/";
    memset(path + 6, 'p', sizeof path - 7);
    refuses(path, HG_EUSAGE, "a path of 1 to");
    refuses("unix:/nowhere/at/all.sock", HG_EIO, "No such file");
    refuses("syslog+udp:192.0.2.1:5514", HG_EIO, "assign requested address");
    struct hg_listener *listener = open_listener("syslog+tcp:127.0.0.1:0");
    char taken[64];
    snprintf(taken, sizeof taken, "syslog+tcp:127.0.0.1:%u", (unsigned)status_of(listener).port);
    refuses(taken, HG_EIO, "in use");
    hg_listener_close(listener);
}

static void every_kind_is_found_by_its_form(void **state)
{
    (void)state;
    assert_int_equal(hg_listener_kind_count(), 3);
    for (size_t i = 0; i < hg_listener_kind_count(); i++) {
        const char *rest = NULL;
        const struct hg_listener_kind *kind = hg_listener_kind_at(i);
        assert_ptr_equal(hg_listener_kind_of(kind->form, &rest), kind);
        assert_non_null(rest);
    }
    assert_null(hg_listener_kind_of("syslog", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_several_peers_stay_whole),
        cmocka_unit_test(a_peer_that_goes_away_inside_a_line_leaves_it_as_one),
        cmocka_unit_test(a_line_too_long_is_cut_and_the_next_is_whole),
        cmocka_unit_test(too_many_peers_are_refused_and_counted),
        cmocka_unit_test(short_visits_in_a_row_lose_nothing),
        cmocka_unit_test(a_flood_leaves_others_their_turn),
        cmocka_unit_test(interleaved_peers_lose_nothing),
        cmocka_unit_test(only_a_dead_process_socket_is_replaced),
        cmocka_unit_test(syslog_over_tcp),
        cmocka_unit_test(syslog_over_udp),
        cmocka_unit_test(dropped_datagrams_are_counted),
        cmocka_unit_test(an_address_may_be_ipv6),
        cmocka_unit_test(wrong_addresses_are_refused),
        cmocka_unit_test(every_kind_is_found_by_its_form),
    };
    return cmocka_run_group_tests_name("listener", tests, set_up, tear_down);
}
