#include "generate/flow.h"

/* clang-format off: tables */
static const struct hg_gen_service services[HG_APP_COUNT] = {
    [HG_APP_HTTP] = {{"HTTPWeb", "HTTPWeb", "HTTPImageTransfer"}, "http", 80, "tcp"},
    [HG_APP_TLS] = {{"SecureWeb", "SecureWeb", "SSL-Shell"}, "tls", 443, "tcp"},
    [HG_APP_DNS] = {{"DNS", "DNS", "DNS-Port"}, "dns", 53, "udp"},
    [HG_APP_NTP] = {{"NTP", "NTP", "NTP"}, "ntp", 123, "udp"},
    [HG_APP_SMTP] = {{"SMTP", "SMTP", "Misc-Mail-Port"}, "smtp", 25, "tcp"},
    [HG_APP_IMAP] = {{"IMAP", "IMAP", "Misc-Mail-Port"}, "imap", 143, "tcp"},
    [HG_APP_POP] = {{"POP", "POP", "POP-port"}, NULL, 110, "tcp"},
    [HG_APP_SSH] = {{"SSH", "SSH", "SSH"}, "ssh", 22, "tcp"},
    [HG_APP_RDP] = {{"MSTerminalServices", "MSTerminalServices", "MSTerminalServices"}, "rdp", 3389, "tcp"},
    [HG_APP_SMB] = {{"WindowsFileSharing", "WindowsFileSharing", "NetBIOS-IP"}, "smb", 445, "tcp"},
    [HG_APP_LDAP] = {{"LDAP", "LDAP", "Authentication"}, NULL, 389, "tcp"},
    [HG_APP_MSSQL] = {{"MS-SQL", "MS-SQL", "Misc-DB"}, NULL, 1433, "tcp"},
    [HG_APP_MYSQL] = {{"Misc-DB", "Misc-DB", "Misc-DB"}, NULL, 3306, "tcp"},
    [HG_APP_PGSQL] = {{"PostgreSQL", "PostgreSQL", "Misc-DB"}, NULL, 5432, "tcp"},
    [HG_APP_SIP] = {{"SIP", "SIP", "SIP"}, "sip", 5060, "udp"},
    [HG_APP_RTP] = {{"Unknown_UDP", "Unknown_UDP", "StreamingAudio"}, NULL, 16384, "udp"},
    [HG_APP_FTP] = {{"FTP", "FTP", "FTP"}, "ftp", 21, "tcp"},
    [HG_APP_VPN] = {{"IPSec", "Unknown_UDP", "IPSec"}, NULL, 1194, "udp"},
    [HG_APP_SNMP] = {{"SNMP-Ports", "SNMP-Ports", "ManagementServices"}, "snmp", 161, "udp"},
    [HG_APP_PRINT] = {{"Printer", "Printer", "MDQS"}, NULL, 9100, "tcp"},
    [HG_APP_TELNET] = {{"Telnet", "Telnet", "Telnet"}, "telnet", 23, "tcp"},
    [HG_APP_ICMP] = {{"ICMP", "ICMP", "ICMP"}, NULL, 0, "icmp"},
    [HG_APP_MDNS] = {{"Unknown_UDP", "SSDP", "Unknown_UDP"}, NULL, 5353, "udp"},
    [HG_APP_QUIC] = {{"Unknown_UDP", "Unknown_UDP", "MiscApp"}, "quic", 443, "udp"},
    [HG_APP_P2P] = {{"BitTorrent", "Common-P2P-Port", "PeerEnabler"}, "bittorrent-dht", 6881, "udp"},
    [HG_APP_DHCP6] = {{"Unknown_UDP", "Unknown_UDP", "Unknown_UDP"}, NULL, 547, "udp"},
    [HG_APP_TCP] = {{"Unknown_TCP", "Misc-Ports", "Common-Ports"}, NULL, 0, "tcp"},
    [HG_APP_UDP] = {{"Unknown_UDP", "Misc-Ports", "Unknown_UDP"}, NULL, 0, "udp"},
};

/* clang-format on */

const struct hg_gen_service *hg_gen_service(enum hg_gen_app app)
{
    return &services[app];
}

bool hg_gen_app_is_tcp(enum hg_gen_app app)
{
    return services[app].protocol[0] == 't';
}

enum hg_gen_app hg_gen_app_of_port(uint16_t port)
{
    if (port == 8080 || port == 8000)
        return HG_APP_HTTP;
    if (port == 8443)
        return HG_APP_TLS;
    if (port == 139)
        return HG_APP_SMB;
    for (int app = 0; app < HG_APP_COUNT; app++)
        if (services[app].port == port && port != 0 && hg_gen_app_is_tcp((enum hg_gen_app)app))
            return (enum hg_gen_app)app;
    return HG_APP_TCP;
}
