/*
 * A flow as the wire saw it, before a log's format: the common currency of profiles, campaigns and writers.
 */
#ifndef HG_GENERATE_FLOW_H
#define HG_GENERATE_FLOW_H

#include "base/rng.h"

#include <stdint.h>

enum hg_gen_app {
    HG_APP_HTTP,
    HG_APP_TLS,
    HG_APP_DNS,
    HG_APP_NTP,
    HG_APP_SMTP,
    HG_APP_IMAP,
    HG_APP_POP,
    HG_APP_SSH,
    HG_APP_RDP,
    HG_APP_SMB,
    HG_APP_LDAP,
    HG_APP_MSSQL,
    HG_APP_MYSQL,
    HG_APP_PGSQL,
    HG_APP_SIP,
    HG_APP_RTP,
    HG_APP_FTP,
    HG_APP_VPN,
    HG_APP_SNMP,
    HG_APP_PRINT,
    HG_APP_TELNET,
    HG_APP_ICMP,
    HG_APP_MDNS,
    HG_APP_QUIC,
    HG_APP_P2P,
    HG_APP_DHCP6,
    HG_APP_TCP,
    HG_APP_UDP,
    HG_APP_COUNT
};

enum hg_gen_direction { HG_GEN_L2L, HG_GEN_L2R, HG_GEN_R2L, HG_GEN_R2R };

enum hg_gen_outcome {
    HG_OUT_CLOSED,    /* a whole conversation, ended by FIN */
    HG_OUT_RESET,     /* a conversation ended by RST */
    HG_OUT_OPEN,      /* still open when the flow was exported */
    HG_OUT_IDLE,      /* connected and closed without data */
    HG_OUT_MIDSTREAM, /* begun before the sensor looked: no SYN seen */
    HG_OUT_REFUSED,   /* answered by RST */
    HG_OUT_UNANSWERED,
    HG_OUT_COUNT
};

struct hg_gen_service {
    const char *iscx[3]; /* appName in three spellings that the export uses */
    const char *eve;     /* app_proto, or NULL */
    uint16_t port;
    const char *protocol; /* tcp, udp, icmp */
};

struct hg_gen_flow {
    int64_t start_us, end_us;
    uint64_t bytes[2], packets[2]; /* to the server, to the client */
    uint64_t data[2];              /* payload bytes of these */
    uint64_t id;
    uint32_t source, destination; /* IPv4 */
    uint16_t source_port, destination_port;
    uint16_t campaign; /* 0: none */
    uint8_t app, direction, outcome;
    uint8_t attack_type; /* enum hg_attack_type, none for normal traffic */
    uint8_t flags[2];    /* HG_TCP_… */
    uint8_t site, alerted;
};

const struct hg_gen_service *hg_gen_service(enum hg_gen_app app);
bool hg_gen_app_is_tcp(enum hg_gen_app app);
/* The service that lives on a port, else unknown TCP. */
enum hg_gen_app hg_gen_app_of_port(uint16_t port);

#endif
