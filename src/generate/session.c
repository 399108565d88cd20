#include "generate/session.h"
#include "base/instant.h"
#include "generate/dist.h"
#include "generate/world.h"

static void add(struct hg_gen_session *s, enum hg_gen_step step)
{
    if (s->n_steps + 2 <= HG_SESSION_STEPS || step == HG_STEP_CLOSED)
        s->steps[s->n_steps++] = (uint8_t)step;
}

static void add_commands(struct hg_gen_session *s, struct hg_rng *rng)
{
    uint32_t n = hg_dist_between(rng, 1, 6);
    if (hg_dist_chance(rng, 200)) {
        add(s, HG_STEP_SIZE);
        add(s, HG_STEP_VAR);
    }
    for (uint32_t i = 0; i < n; i++) {
        add(s, HG_STEP_PARAMS);
        add(s, HG_STEP_INPUT);
        if (hg_dist_chance(rng, 150))
            add(s, HG_STEP_COMMAND_FAILED);
        if (hg_dist_chance(rng, 120))
            add(s, HG_STEP_DOWNLOAD);
        if (hg_dist_chance(rng, 20))
            add(s, HG_STEP_UPLOAD);
        add(s, HG_STEP_LOG_CLOSED);
    }
    s->family = HG_ATTACK_TYPE_command_execution;
}

static void add_proxying(struct hg_gen_session *s, struct hg_rng *rng)
{
    uint32_t n = hg_dist_between(rng, 1, 8);
    for (uint32_t i = 0; i < n; i++) {
        add(s, HG_STEP_PROXY);
        add(s, HG_STEP_PROXY_DATA);
    }
    s->family = HG_ATTACK_TYPE_proxy_abuse;
}

static void add_guesses(struct hg_gen_session *s, struct hg_rng *rng)
{
    uint32_t n = hg_dist_chance(rng, 700) ? 1 : hg_dist_between(rng, 2, 6);
    for (uint32_t i = 0; i < n; i++)
        add(s, HG_STEP_FAILED);
    s->family = HG_ATTACK_TYPE_brute_force;
}

void hg_session_cowrie(struct hg_gen_session *session, struct hg_rng *rng, uint32_t source, enum hg_attack_type what,
                       int64_t start_us)
{
    *session = (struct hg_gen_session){.start_us = start_us,
                                       .id = hg_rng_next(rng) >> 16,
                                       .source = source,
                                       .source_port = hg_world_ephemeral(rng),
                                       .family = HG_ATTACK_TYPE_scan};
    unsigned x = (unsigned)hg_rng_below(rng, 1000);
    if (what == HG_ATTACK_TYPE_scan)
        x %= 330;
    else if (what == HG_ATTACK_TYPE_brute_force)
        x = 330 + x % 660;
    session->telnet = hg_dist_chance(rng, 180);
    add(session, HG_STEP_CONNECT);
    if (!session->telnet && x >= 220) {
        add(session, HG_STEP_VERSION);
        add(session, HG_STEP_KEX);
    }
    if (x >= 330)
        add_guesses(session, rng);
    if (x >= 900)
        add(session, HG_STEP_SUCCESS);
    if (x >= 900)
        session->family = HG_ATTACK_TYPE_intrusion;
    if (x >= 915 && x < 985)
        add_commands(session, rng);
    else if (x >= 985 && !session->telnet)
        add_proxying(session, rng);
    add(session, HG_STEP_CLOSED);
}

/* smbd far ahead, as on real sensors */
static uint8_t dionaea_service(struct hg_rng *rng)
{
    static const uint16_t shares[] = {905, 30, 22, 14, 10, 6, 5, 3, 2, 2, 1};
    unsigned x = (unsigned)hg_rng_below(rng, 1000);
    uint8_t i = 0;
    while (x >= shares[i])
        x -= shares[i++];
    return i;
}

void hg_session_dionaea(struct hg_gen_session *session, struct hg_rng *rng, uint32_t source, enum hg_attack_type what,
                        int64_t start_us)
{
    *session = (struct hg_gen_session){
        .start_us = start_us, .id = hg_rng_next(rng) >> 16, .source = source, .source_port = hg_world_ephemeral(rng)};
    session->service = what == HG_ATTACK_TYPE_exploit ? 0 : dionaea_service(rng);
    session->n_steps = (uint8_t)(hg_dist_chance(rng, 600) ? 1 : hg_dist_between(rng, 2, HG_SESSION_STEPS));
    for (uint8_t i = 0; i < session->n_steps; i++)
        session->steps[i] = HG_STEP_DIONAEA;
}

int64_t hg_session_wait(const struct hg_gen_session *session, struct hg_rng *rng)
{
    switch ((enum hg_gen_step)session->steps[session->step]) {
    case HG_STEP_VERSION:
        return (int64_t)(hg_dist_log_normal(rng, 0.3, 0.8) * 1e6);
    case HG_STEP_KEX:
    case HG_STEP_VAR:
    case HG_STEP_COMMAND_FAILED:
        return (int64_t)hg_dist_between(rng, 300, 4000);
    case HG_STEP_FAILED:
    case HG_STEP_SUCCESS:
        return (int64_t)(hg_dist_log_normal(rng, 2.0, 0.7) * 1e6);
    case HG_STEP_DIONAEA:
        return (int64_t)(hg_dist_log_normal(rng, 2.5, 1.2) * 1e6);
    case HG_STEP_CLOSED:
        if (session->n_steps == 2) /* a probe: gone at once, or thrown out after two minutes */
            return hg_dist_chance(rng, 150) ? 120 * HG_SECOND + (int64_t)hg_dist_between(rng, 50000, 150000)
                                            : (int64_t)(hg_dist_log_normal(rng, 0.05, 2.5) * 1e6);
        return (int64_t)(hg_dist_log_normal(rng, 0.4, 1.2) * 1e6);
    case HG_STEP_CONNECT:
    case HG_STEP_SIZE:
    case HG_STEP_PARAMS:
    case HG_STEP_INPUT:
    case HG_STEP_DOWNLOAD:
    case HG_STEP_UPLOAD:
    case HG_STEP_PROXY:
    case HG_STEP_PROXY_DATA:
    case HG_STEP_LOG_CLOSED:
        break;
    }
    return (int64_t)(hg_dist_log_normal(rng, 0.25, 1.6) * 1e6);
}

enum hg_attack_type hg_session_attack_type(const struct hg_gen_session *session)
{
    switch ((enum hg_gen_step)session->steps[session->step]) {
    case HG_STEP_CONNECT:
        return HG_ATTACK_TYPE_scan;
    case HG_STEP_FAILED:
        return HG_ATTACK_TYPE_brute_force;
    case HG_STEP_SUCCESS:
        return HG_ATTACK_TYPE_intrusion;
    case HG_STEP_INPUT:
    case HG_STEP_COMMAND_FAILED:
        return HG_ATTACK_TYPE_command_execution;
    case HG_STEP_DOWNLOAD:
    case HG_STEP_UPLOAD:
        return HG_ATTACK_TYPE_malware_download;
    case HG_STEP_PROXY:
    case HG_STEP_PROXY_DATA:
        return HG_ATTACK_TYPE_proxy_abuse;
    case HG_STEP_DIONAEA:
        return hg_dionaea_attack_type(session);
    case HG_STEP_VERSION:
    case HG_STEP_KEX:
    case HG_STEP_SIZE:
    case HG_STEP_VAR:
    case HG_STEP_PARAMS:
    case HG_STEP_LOG_CLOSED:
    case HG_STEP_CLOSED:
        break;
    }
    return (enum hg_attack_type)session->family;
}
