/*
 * Taking the header off a syslog message. Pure. What becomes of the message is for the decoders to say; the header's time, host and
 * program are not used, since records carry their own.
 */
#ifndef HG_SOURCE_SYSLOG_H
#define HG_SOURCE_SYSLOG_H

#include "base/slice.h"

/* The message in `packet`, borrowed from it: behind
 *  - <PRI>VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA, and a byte order mark (RFC 5424), or
 *  - <PRI>TIMESTAMP HOST TAG:, each of the three if it is there (RFC 3164 and what is sent for it: RFC 3339 stamps, no host), and
 *  - the cookie @cee: that marks JSON in syslog.
 * What has no <PRI> has no header. What begins like one and isn't is given from where it went wrong, for the decoders to refuse. */
struct hg_slice hg_syslog_message(struct hg_slice packet);

#endif
