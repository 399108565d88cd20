/*
 * A visit to a honeypot: Cowrie's steps in order, or a run of Dionaea connections. Everything in it was made by an
 * attacker.
 */
#ifndef HG_GENERATE_SESSION_H
#define HG_GENERATE_SESSION_H

#include "base/rng.h"
#include "core/event.h"

#define HG_SESSION_STEPS 40

enum hg_gen_step {
    HG_STEP_CONNECT,
    HG_STEP_VERSION,
    HG_STEP_KEX,
    HG_STEP_FAILED,
    HG_STEP_SUCCESS,
    HG_STEP_SIZE,
    HG_STEP_VAR,
    HG_STEP_PARAMS,
    HG_STEP_INPUT,
    HG_STEP_COMMAND_FAILED,
    HG_STEP_DOWNLOAD,
    HG_STEP_UPLOAD,
    HG_STEP_PROXY,
    HG_STEP_PROXY_DATA,
    HG_STEP_LOG_CLOSED,
    HG_STEP_CLOSED,
    HG_STEP_DIONAEA,
};

struct hg_gen_session {
    int64_t start_us;
    uint64_t id; /* 48 bits, also the source of everything that must stay the same within the session */
    uint32_t source;
    uint16_t source_port, campaign;
    uint8_t steps[HG_SESSION_STEPS], n_steps, step;
    bool telnet;
    uint8_t family;  /* attack type of the steps that have none of their own */
    uint8_t service; /* Dionaea: index of its service */
};

/* Plans a visit; what is one of these attack types, or none for the usual background. */
void hg_session_cowrie(struct hg_gen_session *session, struct hg_rng *rng, uint32_t source, enum hg_attack_type what,
                       int64_t start_us);
void hg_session_dionaea(struct hg_gen_session *session, struct hg_rng *rng, uint32_t source, enum hg_attack_type what,
                        int64_t start_us);
/* The wait before the next step. */
int64_t hg_session_wait(const struct hg_gen_session *session, struct hg_rng *rng);
/* The attack type of the current step's record. */
enum hg_attack_type hg_session_attack_type(const struct hg_gen_session *session);

/* Dionaea: whether the visitor gave credentials in this connection. */
bool hg_dionaea_has_credentials(const struct hg_gen_session *session);
enum hg_attack_type hg_dionaea_attack_type(const struct hg_gen_session *session);

#endif
