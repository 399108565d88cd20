#include "support/cmocka_all.h"

#include "normalise/sessions.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_fills_its_records),
        cmocka_unit_test(what_connect_lacks_stays_missing),
        cmocka_unit_test(the_oldest_session_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
