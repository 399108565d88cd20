/*
 * The company's traffic in numbers. Each attack has its everyday double: half-open connections, short log-ins by jobs
 * and administrators, crawlers, telemetry, night backups. What tells an attack apart is repetition, not one record.
 */
#include "base/err.h"
#include "core/event.h"
#include "generate/profile.h"

#define L2L     HG_GEN_L2L
#define L2R     HG_GEN_L2R
#define R2L     HG_GEN_R2L
#define R2R     HG_GEN_R2R
#define G(name) HG_GROUP_##name
#define A(name) HG_APP_##name

/* app, direction, client, server, mix, weight at work, off work, port, up, spread, down, spread, seconds, spread, odd
 * port */
/* clang-format off: tables */
static const struct hg_gen_profile everyday[] = {
    /* visitors and partners come in */
    {A(HTTP), R2L, G(VISITORS), G(WEB), HG_MIX_WEB, 90, 90, 0, 520, 1.0f, 4200, 2.2f, 0.9f, 2.2f, false},
    {A(TLS), R2L, G(VISITORS), G(WEB), HG_MIX_WEB, 85, 85, 0, 1500, 1.1f, 7000, 2.0f, 2.0f, 2.4f, false},
    {A(HTTP), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 65, 75, 0, 310, .8f, 900, 1.4f, 0.3f, 2.0f, false},
    {A(TLS), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 60, 70, 0, 900, .8f, 3000, 1.2f, 0.4f, 2.0f, false},
    {A(SMTP), R2L, G(VISITORS), G(MAIL), HG_MIX_CALM, 30, 35, 0, 9000, 2.4f, 700, .8f, 3.0f, 1.6f, false},
    {A(IMAP), R2L, G(VISITORS), G(MAIL), HG_MIX_GUESS, 22, 18, 0, 700, 1.0f, 2600, 1.8f, 2.5f, 2.2f, false},
    {A(SSH), R2L, G(VISITORS), G(CODE), HG_MIX_GUESS, 62, 70, 0, 2500, .9f, 3000, 1.0f, 2.2f, 1.6f, false},
    {A(SSH), R2L, G(VISITORS), G(CODE), HG_MIX_CALM, 22, 14, 0, 9000, 2.2f, 40000, 2.6f, 40.0f, 2.6f, false},
    {A(RDP), R2L, G(VISITORS), G(GATEWAYS), HG_MIX_GUESS, 44, 40, 0, 1700, 1.0f, 2000, 1.0f, 2.0f, 1.8f, false},
    {A(RDP), R2L, G(VISITORS), G(GATEWAYS), HG_MIX_CALM, 12, 6, 0, 300000, 2.2f, 2500000, 2.4f, 900.0f, 2.2f, false},
    {A(VPN), R2L, G(VISITORS), G(GATEWAYS), HG_MIX_CALM, 18, 12, 0, 150000, 2.8f, 500000, 2.8f, 600.0f, 2.2f, false},
    {A(DNS), R2L, G(VISITORS), G(SERVERS), HG_MIX_CALM, 22, 30, 0, 44, .3f, 130, .7f, 0.002f, 1.4f, false},
    {A(SIP), R2L, G(CLOUD), G(PHONES), HG_MIX_CALM, 8, 6, 0, 600, .8f, 550, .8f, 0.4f, 2.0f, false},
    {A(FTP), R2L, G(VISITORS), G(SERVERS), HG_MIX_GUESS, 8, 8, 0, 130, 1.0f, 420, 1.0f, 3.0f, 2.0f, false},
    {A(SMB), R2L, G(VISITORS), G(FILES), HG_MIX_GUESS, 16, 16, 0, 3000, 1.8f, 3000, 2.0f, 2.0f, 2.0f, false},
    {A(TCP), R2L, G(VISITORS), G(SERVERS), HG_MIX_PROBE, 150, 170, 0, 120, 1.6f, 200, 1.8f, 0.5f, 2.4f, true},
    {A(MSSQL), R2L, G(VISITORS), G(DATABASES), HG_MIX_GUESS, 7, 7, 0, 900, 1.2f, 1200, 1.4f, 1.0f, 2.0f, false},
    {A(UDP), R2L, G(VISITORS), G(SERVERS), HG_MIX_PROBE, 10, 14, 0, 60, 1.2f, 90, 1.5f, 0.2f, 2.5f, false},
    /* the company goes out */
    {A(TLS), L2R, G(CLIENTS), G(CLOUD), HG_MIX_WEB, 110, 40, 0, 2400, 1.3f, 14000, 2.4f, 8.0f, 2.6f, false},
    {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 125, 130, 0, 1150, .9f, 2500, 1.2f, 0.8f, 2.0f, false},
    {A(HTTP), L2R, G(CLIENTS), G(CLOUD), HG_MIX_WEB, 50, 18, 0, 480, 1.0f, 5200, 2.4f, 1.2f, 2.4f, false},
    {A(HTTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 40, 44, 0, 320, .7f, 700, 1.2f, 0.4f, 1.8f, false},
    {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 12, 14, 0, 5000, 1.5f, 22000000, 2.2f, 40.0f, 1.8f, false},
    {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 16, 26, 0, 6000000, 3.0f, 40000, 2.0f, 60.0f, 2.0f, false},
    {A(SSH), L2R, G(ADMINS), G(CLOUD), HG_MIX_CALM, 16, 14, 0, 30000, 3.4f, 12000, 2.4f, 15.0f, 2.8f, false},
    {A(FTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 6, 8, 0, 200000, 3.8f, 900, 1.4f, 12.0f, 2.4f, false},
    {A(DNS), L2R, G(DNS), G(CLOUD), HG_MIX_CALM, 35, 35, 0, 46, .4f, 150, .8f, 0.03f, 1.4f, false},
    {A(NTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 16, 26, 0, 48, .01f, 48, .01f, 0.03f, 1.2f, false},
    {A(SMTP), L2R, G(MAIL), G(CLOUD), HG_MIX_CALM, 14, 8, 0, 14000, 2.6f, 900, .8f, 3.0f, 1.6f, false},
    {A(QUIC), L2R, G(CLIENTS), G(CLOUD), HG_MIX_CALM, 22, 6, 0, 5000, 1.6f, 26000, 2.6f, 12.0f, 2.4f, false},
    {A(TCP), L2R, G(ANY), G(CLOUD), HG_MIX_PROBE, 60, 50, 0, 500, 2.0f, 900, 2.2f, 2.0f, 2.4f, true},
    {A(P2P), L2R, G(CLIENTS), G(VISITORS), HG_MIX_PROBE, 8, 4, 0, 100, .8f, 260, 1.0f, 0.3f, 2.0f, false},
    /* inside */
    {A(DNS), L2L, G(ANY), G(DNS), HG_MIX_CALM, 85, 60, 0, 40, .4f, 140, .8f, 0.001f, 1.6f, false},
    {A(SMB), L2L, G(CLIENTS), G(FILES), HG_MIX_CALM, 50, 24, 0, 6000, 2.4f, 16000, 2.8f, 9.0f, 2.8f, false},
    {A(SMB), L2L, G(ANY), G(FILES), HG_MIX_GUESS, 36, 40, 0, 2800, 1.4f, 2600, 1.2f, 0.8f, 2.0f, false},
    {A(LDAP), L2L, G(ANY), G(DNS), HG_MIX_CALM, 18, 10, 0, 700, 1.0f, 1800, 1.4f, 0.2f, 2.2f, false},
    {A(MSSQL), L2L, G(SERVERS), G(DATABASES), HG_MIX_CALM, 10, 6, 0, 1400, 1.8f, 6000, 2.2f, 1.4f, 2.6f, false},
    {A(MYSQL), L2L, G(SERVERS), G(DATABASES), HG_MIX_CALM, 12, 14, 0, 1200, 1.8f, 7000, 2.2f, 0.8f, 2.6f, false},
    {A(PGSQL), L2L, G(SERVERS), G(DATABASES), HG_MIX_CALM, 10, 12, 0, 1300, 1.8f, 8000, 2.2f, 0.8f, 2.6f, false},
    {A(SSH), L2L, G(ADMINS), G(SERVERS), HG_MIX_GUESS, 26, 30, 0, 2400, 1.0f, 3200, 1.2f, 1.6f, 1.8f, false},
    {A(RDP), L2L, G(ADMINS), G(SERVERS), HG_MIX_GUESS, 12, 8, 0, 2200, 1.8f, 3000, 2.0f, 4.0f, 2.6f, false},
    {A(HTTP), L2L, G(ANY), G(WEB), HG_MIX_WEB, 18, 12, 0, 420, 1.0f, 3000, 2.2f, 0.3f, 2.4f, false},
    {A(PRINT), L2L, G(CLIENTS), G(PRINTERS), HG_MIX_CALM, 7, 1, 0, 180000, 2.6f, 400, 1.0f, 5.0f, 1.8f, false},
    {A(SNMP), L2L, G(ADMINS), G(PRINTERS), HG_MIX_CALM, 14, 18, 0, 80, .5f, 160, .9f, 0.01f, 1.6f, false},
    {A(RTP), L2L, G(PHONES), G(PHONES), HG_MIX_CALM, 10, 1, 0, 900000, 1.8f, 900000, 1.8f, 110.0f, 1.6f, false},
    {A(ICMP), L2L, G(ADMINS), G(SERVERS), HG_MIX_CALM, 10, 14, 0, 112, 1.0f, 112, 1.0f, 1.0f, 1.4f, false},
    {A(TLS), L2L, G(ANY), G(FILES), HG_MIX_CALM, 4, 16, 0, 40000000, 2.4f, 60000, 1.6f, 120.0f, 1.8f, false},
    {A(TCP), L2L, G(ANY), G(SERVERS), HG_MIX_PROBE, 22, 26, 0, 200, 1.6f, 300, 1.8f, 0.2f, 2.4f, true},
    {A(MDNS), L2R, G(CLIENTS), G(MULTICAST), HG_MIX_CALM, 8, 3, 0, 900, 1.8f, 0, 0, 60.0f, 2.4f, false},
    {A(DHCP6), R2R, G(CLIENTS), G(CLIENTS), HG_MIX_CALM, 3, 3, 0, 300, 1.0f, 0, 0, 10.0f, 1.8f, false},
};

struct routine {
    struct hg_gen_profile profile;
    float period_s, share; /* wished period, share of the routines' flows */
};

static const struct routine routines[] = {
    {{A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 1, 1, 0, 950, .35f, 1700, .4f, 0.7f, .9f, false}, 300, 1.5f},
    {{A(TLS), L2R, G(CLIENTS), G(CLOUD), HG_MIX_CALM, 1, 1, 0, 1400, .4f, 3200, .5f, 0.9f, .9f, false}, 60, 1.5f},
    {{A(HTTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 1, 1, 0, 310, .3f, 480, .4f, 0.2f, .9f, false}, 120, 1},
    {{A(NTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 1, 1, 0, 48, .01f, 48, .01f, 0.03f, .8f, false}, 600, .5f},
    {{A(SSH), L2L, G(ADMINS), G(SERVERS), HG_MIX_GUESS, 1, 1, 0, 2300, .5f, 2900, .5f, 1.2f, .8f, false}, 60, 1},
    {{A(SSH), R2L, G(VISITORS), G(CODE), HG_MIX_GUESS, 1, 1, 0, 2600, .6f, 3000, .6f, 2.4f, .9f, false}, 20, 2},
    {{A(RDP), R2L, G(VISITORS), G(GATEWAYS), HG_MIX_GUESS, 1, 1, 0, 1600, .6f, 1900, .6f, 1.8f, .9f, false}, 90, 1},
    {{A(SNMP), L2L, G(ADMINS), G(PRINTERS), HG_MIX_CALM, 1, 1, 0, 82, .3f, 150, .5f, 0.01f, .9f, false}, 60, .7f},
    {{A(HTTP), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 1, 1, 0, 300, .5f, 900, .9f, 0.25f, 1.2f, false}, 5, 2},
    {{A(TLS), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 1, 1, 0, 850, .5f, 2600, .8f, 0.35f, 1.2f, false}, 10, 2},
    {{A(SMB), L2L, G(SERVERS), G(FILES), HG_MIX_GUESS, 1, 1, 0, 2400, .7f, 2400, .7f, 0.6f, 1.2f, false}, 120, .7f},
    {{A(TCP), L2L, G(ADMINS), G(ANY), HG_MIX_PROBE, 1, 1, 0, 60, 1.0f, 120, 1.0f, 0.1f, 2.0f, true}, 3, .7f},
    {{A(ICMP), L2L, G(ADMINS), G(SERVERS), HG_MIX_CALM, 1, 1, 0, 112, .3f, 112, .3f, 1.0f, .5f, false}, 60, .4f},
    {{A(TLS), L2R, G(SERVERS), G(CLOUD), HG_MIX_CALM, 1, 1, 0, 12000000, 1.8f, 30000, 1.0f, 40.0f, 1.2f, false},
     1800,
     .4f},
};

struct attack {
    uint8_t type;
    struct hg_gen_profile profile;
};

static const struct attack attacks[] = {
    {HG_ATTACK_TYPE_scan,
     {A(TCP), R2L, G(VISITORS), G(SERVERS), HG_MIX_SCAN, 85, 0, 0, 110, 1.6f, 190, 1.8f, 0.4f, 2.4f, true}},
    {HG_ATTACK_TYPE_scan,
     {A(TCP), R2L, G(VISITORS), G(ANY), HG_MIX_SCAN, 15, 0, 0, 130, 1.4f, 260, 1.6f, 0.6f, 2.0f, true}},
    {HG_ATTACK_TYPE_brute_force,
     {A(SSH), R2L, G(VISITORS), G(CODE), HG_MIX_GUESS, 36, 0, 0, 2500, .85f, 3000, .9f, 2.4f, 1.5f, false}},
    {HG_ATTACK_TYPE_brute_force,
     {A(RDP), R2L, G(VISITORS), G(GATEWAYS), HG_MIX_GUESS, 22, 0, 0, 1650, .9f, 1950, .9f, 1.9f, 1.6f, false}},
    {HG_ATTACK_TYPE_brute_force,
     {A(TLS), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 24, 0, 0, 1000, .8f, 3100, 1.1f, 0.5f, 1.8f, false}},
    {HG_ATTACK_TYPE_brute_force,
     {A(IMAP), R2L, G(VISITORS), G(MAIL), HG_MIX_GUESS, 12, 0, 0, 600, .9f, 1900, 1.3f, 2.0f, 1.8f, false}},
    {HG_ATTACK_TYPE_brute_force,
     {A(MSSQL), R2L, G(VISITORS), G(DATABASES), HG_MIX_GUESS, 6, 0, 0, 900, 1.0f, 1100, 1.0f, .9f, 1.8f, false}},
    {HG_ATTACK_TYPE_flood,
     {A(HTTP), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 55, 0, 0, 330, .8f, 1000, 1.5f, 0.35f, 2.1f, false}},
    {HG_ATTACK_TYPE_flood,
     {A(TLS), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 45, 0, 0, 950, .8f, 3000, 1.3f, 0.45f, 2.1f, false}},
    {HG_ATTACK_TYPE_exploit,
     {A(SMB), R2L, G(VISITORS), G(FILES), HG_MIX_CALM, 22, 0, 0, 9000000, 2.2f, 2600, 1.2f, 140.0f, 1.6f, false}},
    {HG_ATTACK_TYPE_exploit,
     {A(SMB), L2L, G(CLIENTS), G(ANY), HG_MIX_GUESS, 42, 0, 0, 7000, 2.8f, 2400, 1.6f, 1.5f, 2.2f, false}},
    {HG_ATTACK_TYPE_exploit,
     {A(SMB), R2L, G(VISITORS), G(FILES), HG_MIX_GUESS, 20, 0, 0, 12000, 3.2f, 2200, 1.8f, 2.0f, 2.2f, false}},
    {HG_ATTACK_TYPE_exploit,
     {A(HTTP), R2L, G(VISITORS), G(WEB), HG_MIX_BUSY, 28, 0, 0, 2000, 2.4f, 1600, 1.8f, 0.8f, 2.2f, false}},
    {HG_ATTACK_TYPE_exfiltration,
     {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 46, 0, 0, 80000000, 3.0f, 90000, 2.0f, 160.0f, 2.2f, false}},
    {HG_ATTACK_TYPE_exfiltration,
     {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 24, 0, 0, 60000, 2.6f, 4000, 1.4f, 4.0f, 2.2f, false}},
    {HG_ATTACK_TYPE_exfiltration,
     {A(SSH), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 15, 0, 0, 4000000, 3.4f, 12000, 1.8f, 40.0f, 2.4f, false}},
    {HG_ATTACK_TYPE_exfiltration,
     {A(TCP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 15, 0, 0, 3000000, 3.4f, 3000, 2.0f, 30.0f, 2.4f, true}},
    {HG_ATTACK_TYPE_command_and_control,
     {A(TLS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 58, 0, 0, 1400, 1.3f, 3200, 1.9f, 1.0f, 2.2f, false}},
    {HG_ATTACK_TYPE_command_and_control,
     {A(HTTP), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 24, 0, 0, 380, 1.1f, 1100, 1.9f, 0.5f, 2.0f, false}},
    {HG_ATTACK_TYPE_command_and_control,
     {A(DNS), L2R, G(ANY), G(CLOUD), HG_MIX_CALM, 12, 0, 0, 48, .5f, 150, .8f, 0.03f, 1.2f, false}},
    {HG_ATTACK_TYPE_command_and_control,
     {A(TCP), L2R, G(ANY), G(CLOUD), HG_MIX_PROBE, 9, 0, 0, 400, 1.4f, 500, 1.0f, 1.0f, 1.6f, true}},
};

/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static unsigned everyday_weight(const struct hg_gen_profile *p, unsigned busyness)
{
    return p->work * busyness + p->off * (256 - busyness);
}

const struct hg_gen_profile *hg_profile_everyday(struct hg_rng *rng, unsigned busyness)
{
    unsigned sum = 0;
    for (size_t i = 0; i < LENGTH(everyday); i++)
        sum += everyday_weight(&everyday[i], busyness);
    unsigned x = (unsigned)hg_rng_below(rng, sum);
    size_t i = 0;
    while (x >= everyday_weight(&everyday[i], busyness))
        x -= everyday_weight(&everyday[i++], busyness);
    return &everyday[i];
}

const struct hg_gen_profile *hg_profile_routine(struct hg_rng *rng, double *ret_flows_share, double *ret_period_s)
{
    const struct routine *r = &routines[hg_rng_below(rng, LENGTH(routines))];
    *ret_flows_share = (double)r->share;
    *ret_period_s = (double)r->period_s;
    return &r->profile;
}

const struct hg_gen_profile *hg_profile_attack(unsigned attack_type, double share)
{
    unsigned sum = 0;
    for (size_t i = 0; i < LENGTH(attacks); i++)
        sum += attacks[i].type == attack_type ? attacks[i].profile.work : 0;
    HG_ASSERT(sum > 0 && share >= 0.0 && share < 1.0);
    unsigned x = (unsigned)(share * (double)sum);
    for (size_t i = 0;; i++) {
        unsigned weight = attacks[i].type == attack_type ? attacks[i].profile.work : 0;
        if (x < weight)
            return &attacks[i].profile;
        x -= weight;
    }
}
