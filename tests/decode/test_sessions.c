#include "support/cmocka_all.h"

#include "normalise/sessions.h"

#include <stdlib.h>

static struct hg_event cowrie(const char *kind, const char *session, uint32_t source)
{
    return (struct hg_event){
        .dataset = HG_DATASET_cowrie,
        .kind = hg_slice_of(kind),
        .session = hg_slice_of(session),
        .source_ip = hg_ip_v4(source),
        .direction = HG_DIRECTION_NONE,
        .missing = 1u << HG_FIELD_source_port | 1u << HG_FIELD_destination_ip | 1u << HG_FIELD_destination_port |
                   1u << HG_FIELD_application_protocol | 1u << HG_FIELD_direction,
    };
}

static struct hg_event connected(const char *session, uint32_t source, uint16_t port)
{
    struct hg_event e = cowrie("session.connect", session, source);
    e.source_port = port;
    e.destination_port = 22;
    e.destination_ip = hg_ip_v4(0xc000020a);
    e.application_protocol = HG_SLICE("SSH");
    e.missing = 1u << HG_FIELD_direction;
    return e;
}

static void a_session_fills_its_records(void **state)
{
    struct hg_sessions *sessions;
    (void)state;
    assert_int_equal(hg_sessions_create(&sessions, NULL), HG_OK);
    struct hg_event connect = connected("aa", 1, 40000), login = cowrie("login.failed", "aa", 1);
    struct hg_event other = cowrie("login.failed", "aa", 2), proxy = cowrie("direct-tcpip.request", "aa", 1);
    hg_sessions_apply(sessions, &connect);
    hg_sessions_apply(sessions, &login);
    hg_sessions_apply(sessions, &other);
    hg_sessions_apply(sessions, &proxy);
    assert_int_equal(login.missing, 1u << HG_FIELD_direction);
    assert_int_equal(login.source_port, 40000);
    assert_int_equal(login.destination_port, 22);
    assert_true(hg_ip_eq(&login.destination_ip, &connect.destination_ip));
    assert_slice(login.application_protocol, "SSH");
    assert_int_equal(login.application_code, hg_code32(HG_SLICE("SSH")));
    assert_int_equal(proxy.destination_port, 22);
    assert_false(hg_event_has(&other, HG_FIELD_source_port)); /* the same id from another address */
    hg_sessions_destroy(sessions);
}

static void what_connect_lacks_stays_missing(void **state)
{
    struct hg_sessions *sessions;
    (void)state;
    assert_int_equal(hg_sessions_create(&sessions, NULL), HG_OK);
    struct hg_event connect = cowrie("session.connect", "aa", 1), login = cowrie("login.failed", "aa", 1);
    struct hg_event flow = cowrie("session.connect", "aa", 1);
    uint32_t before = login.missing;
    flow.dataset = HG_DATASET_suricata;
    hg_sessions_apply(sessions, &flow);
    hg_sessions_apply(sessions, &connect);
    hg_sessions_apply(sessions, &login);
    assert_int_equal(login.missing, before);
    hg_sessions_destroy(sessions);
}

static void the_oldest_session_goes_first(void **state)
{
    struct hg_sessions *sessions;
    (void)state;
    assert_int_equal(hg_sessions_create(&sessions, NULL), HG_OK);
    for (uint32_t i = 0; i < HG_SESSIONS_MAX + 5; i++) {
        struct hg_event e = connected("s", i, (uint16_t)i);
        hg_sessions_apply(sessions, &e);
    }
    assert_int_equal(hg_sessions_evicted(sessions), 5);
    for (uint32_t i = 0; i < HG_SESSIONS_MAX + 5; i++) {
        struct hg_event e = cowrie("login.failed", "s", i);
        hg_sessions_apply(sessions, &e);
        assert_int_equal(hg_event_has(&e, HG_FIELD_source_port), i >= 5);
        assert_int_equal(e.source_port, i >= 5 ? (uint16_t)i : 0);
    }
    hg_sessions_destroy(sessions);
}

/* Copies what changed since the last time into `kept`, as a commit does. */
static void save(struct hg_sessions *sessions, char (*kept)[HG_SESSION_BYTES], char figures[HG_SESSIONS_BYTES])
{
    const uint32_t *slots;
    size_t n = hg_sessions_changed(sessions, &slots);
    for (size_t i = 0; i < n; i++)
        hg_sessions_put_slot(sessions, slots[i], kept[slots[i]]);
    hg_sessions_put_figures(sessions, figures);
    hg_sessions_saved(sessions);
    assert_int_equal(hg_sessions_changed(sessions, &slots), 0);
}

static void a_restart_changes_nothing(void **state)
{
    struct hg_sessions *sessions, *again;
    char(*kept)[HG_SESSION_BYTES] = calloc(HG_SESSIONS_MAX, HG_SESSION_BYTES), figures[HG_SESSIONS_BYTES];
    (void)state;
    assert_non_null(kept);
    assert_int_equal(hg_sessions_create(&sessions, NULL), HG_OK);
    assert_int_equal(hg_sessions_create(&again, NULL), HG_OK);
    for (uint32_t i = 0; i < HG_SESSIONS_MAX + 10; i++) { /* the ring has turned: ten are out */
        struct hg_event e = connected("s", i, (uint16_t)i);
        hg_sessions_apply(sessions, &e);
        if (i % 30011 == 0)
            save(sessions, kept, figures);
    }
    save(sessions, kept, figures);
    assert_true(hg_sessions_take_figures(again, (struct hg_slice){figures, sizeof figures}));
    for (uint32_t i = 0; i < HG_SESSIONS_MAX; i++)
        assert_true(hg_sessions_take_slot(again, i, (struct hg_slice){kept[i], HG_SESSION_BYTES}));
    for (uint32_t i = 0; i < 20; i++) { /* both go on alike */
        struct hg_event a = connected("t", i, 7), b = a;
        hg_sessions_apply(sessions, &a);
        hg_sessions_apply(again, &b);
    }
    assert_int_equal(hg_sessions_evicted(again), hg_sessions_evicted(sessions));
    for (uint32_t i = 0; i < HG_SESSIONS_MAX + 10; i++) {
        struct hg_event a = cowrie("login.failed", "s", i), b = a;
        hg_sessions_apply(sessions, &a);
        hg_sessions_apply(again, &b);
        assert_int_equal(a.missing, b.missing);
        assert_int_equal(a.source_port, b.source_port);
        assert_true(hg_ip_eq(&a.destination_ip, &b.destination_ip));
        assert_true(hg_slice_eq(a.application_protocol, b.application_protocol));
        assert_int_equal(hg_event_has(&a, HG_FIELD_source_port), i >= 30);
    }
    hg_sessions_destroy(again);
    hg_sessions_destroy(sessions);
    free(kept);
}

static void bytes_that_are_no_session_are_refused(void **state)
{
    struct hg_sessions *sessions;
    char bytes[HG_SESSION_BYTES] = {0};
    const uint64_t too_many[3] = {HG_SESSIONS_MAX + 1, 0, 0};
    (void)state;
    assert_int_equal(hg_sessions_create(&sessions, NULL), HG_OK);
    assert_false(hg_sessions_take_figures(sessions, (struct hg_slice){(const char *)too_many, sizeof too_many}));
    assert_false(hg_sessions_take_figures(sessions, (struct hg_slice){bytes, 7}));
    assert_false(hg_sessions_take_slot(sessions, 0, (struct hg_slice){bytes, sizeof bytes})); /* more than the figures say */
    hg_sessions_destroy(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_fills_its_records),
        cmocka_unit_test(what_connect_lacks_stays_missing),
        cmocka_unit_test(the_oldest_session_goes_first),
        cmocka_unit_test(a_restart_changes_nothing),
        cmocka_unit_test(bytes_that_are_no_session_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
