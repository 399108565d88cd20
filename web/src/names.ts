// Names of countries, services, logs and features for people.
import type { Alert, Feature, Finding } from './api';
import { bytes, count, percent, quantity, visible } from './format';

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

export function country(code: string | null): string {
  if (code === null) return 'unknown country';
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}

const WITH_ARTICLE = new Set(['AE', 'BS', 'CD', 'CF', 'CG', 'DO', 'FK', 'FO', 'GB', 'GM', 'KM', 'KY', 'MH', 'MP', 'MV', 'NL', 'PH', 'SB', 'SC', 'TC', 'US', 'VA', 'VG', 'VI']);

// As it stands in a sentence: from the Netherlands, from Brazil.
export function inSentence(code: string | null): string {
  const name = country(code);
  return code !== null && WITH_ARTICLE.has(code) ? `the ${name}` : name;
}

const SERVICES: Record<string, string> = {
  '7': 'echo', '20': 'ftp data', '21': 'ftp', '22': 'ssh', '23': 'telnet', '25': 'smtp', '37': 'time', '42': 'wins', '53': 'dns', '67': 'dhcp',
  '69': 'tftp', '80': 'http', '88': 'kerberos', '110': 'pop3', '111': 'rpcbind', '123': 'ntp', '135': 'msrpc', '137': 'netbios name',
  '138': 'netbios', '139': 'netbios', '143': 'imap', '161': 'snmp', '179': 'bgp', '389': 'ldap', '443': 'https', '445': 'smb', '465': 'smtps',
  '502': 'modbus', '514': 'syslog', '515': 'printer', '554': 'rtsp', '587': 'submission', '623': 'ipmi', '631': 'ipp', '636': 'ldaps',
  '873': 'rsync', '902': 'vmware', '993': 'imaps', '995': 'pop3s', '1080': 'socks', '1194': 'openvpn', '1433': 'mssql', '1434': 'mssql browser',
  '1521': 'oracle', '1723': 'pptp', '1883': 'mqtt', '1900': 'ssdp', '2049': 'nfs', '2222': 'ssh', '2323': 'telnet', '2375': 'docker',
  '3128': 'proxy', '3306': 'mysql', '3389': 'rdp', '3702': 'ws discovery', '4444': 'shell', '5000': 'upnp', '5060': 'sip', '5061': 'sips',
  '5353': 'mdns', '5432': 'postgres', '5555': 'adb', '5672': 'amqp', '5900': 'vnc', '5985': 'winrm', '6379': 'redis', '6443': 'kubernetes',
  '6667': 'irc', '7547': 'tr-069', '8000': 'http', '8080': 'http', '8081': 'http', '8088': 'http', '8443': 'https', '8545': 'ethereum',
  '8888': 'http', '9000': 'http', '9100': 'printer', '9200': 'elastic', '10000': 'webmin', '11211': 'memcached', '27017': 'mongodb',
  '37215': 'upnp', '52869': 'upnp',
};

export function service(port: string | number | null): string {
  return port === null ? '' : SERVICES[String(port)] ?? '';
}

const LOGS = new Map([
  ['iscx', 'Flows'], ['cowrie', 'Cowrie'], ['dionaea', 'Dionaea'], ['suricata', 'Suricata'], ['zeek', 'Zeek'], ['cicflowmeter', 'CICFlowMeter'],
  ['unsw_nb15', 'UNSW-NB15'], ['custom1', 'Own mapping 1'], ['custom2', 'Own mapping 2'], ['custom3', 'Own mapping 3'], ['custom4', 'Own mapping 4'],
]);

// A name that isn't known stands as it is.
export function log(format: string): string {
  return LOGS.get(format) ?? visible(format);
}

export function attack(type: string | null): string {
  return type === null ? '' : type.replaceAll('_', ' ');
}

// Named detectors: what people call them, whose alerts they raise, what they count, and what their time tells of.
interface Rule {
  words: string;
  of: 'source' | 'target' | 'both'; // alerts of a source wherever it went, of a target whoever turned to it, of a source at a port
  counts: string;
  time: 'within' | 'first seen' | 'seen before';
}

const RULES: Record<string, Rule> = {
  brute_force_success: { words: 'log-in that worked after guessing', of: 'both', counts: 'attempts', time: 'within' },
  honeypot_sighting: { words: 'seen on the honeypot', of: 'both', counts: 'times seen there', time: 'seen before' },
  exfiltration: { words: 'exfiltration', of: 'both', counts: 'sent', time: 'first seen' },
  brute_force: { words: 'brute force', of: 'target', counts: 'attempts', time: 'within' },
  scan_horizontal: { words: 'scan of many hosts', of: 'source', counts: 'hosts', time: 'within' },
  scan_vertical: { words: 'scan of many ports', of: 'source', counts: 'ports', time: 'within' },
  flood: { words: 'flood', of: 'target', counts: 'addresses', time: 'within' },
  beaconing: { words: 'beaconing', of: 'both', counts: 'connections', time: 'first seen' },
  surge: { words: 'more than is usual', of: 'target', counts: 'events', time: 'within' },
  new_destination: { words: 'again and again to a new address', of: 'both', counts: 'connections', time: 'first seen' },
};

// One that isn't known is called by its own name.
export function rule(name: string): Rule {
  return RULES[name] ?? { words: visible(name).replaceAll('_', ' '), of: 'both', counts: 'counted', time: 'within' };
}

export function countedWords(finding: Finding, value: number): string {
  return finding.name === 'exfiltration' ? bytes(value) : `${count(Math.round(value))} ${rule(finding.name).counts}`;
}

type Placed = Pick<Alert, 'source_ip' | 'destination_ip' | 'destination_port' | 'reason_key'>;

// Are its fields left out since it is of a source or a target alone? Named detectors and windows of what came before group so.
function leavesOut(key: string): boolean {
  const known = RULES[key];
  return known === undefined ? /^(src|dst|pair)_(?!is_private|port_is)/.test(key) : known.of !== 'both';
}

// Where it came from, where that isn't one address.
export function manySources({ source_ip, reason_key: key }: Placed): string | null {
  if (source_ip !== null || !leavesOut(key)) return null;
  return key === 'flood' || key.startsWith('dst_sources_') ? 'many addresses' : 'any address';
}

// What else it was aimed at, where that isn't one port.
export function manyTargets({ destination_port, reason_key: key }: Placed): string | null {
  if (destination_port !== null || !leavesOut(key)) return null;
  if (key === 'scan_horizontal' || key === 'src_spread' || key.startsWith('src_targets_')) return 'and others';
  return key === 'scan_vertical' || key.includes('_ports_') ? 'many ports' : 'any port';
}

// How a feature's value is written: shares as percent, flags as yes and no, amounts with their unit.
export function featureValue(feature: Feature, value: number | null): string {
  if (value === null) return 'not measured';
  const name = feature.feature;
  if (name === 'direction') return ['internal', 'outbound', 'inbound', 'external'][Math.round(value)] ?? quantity(value);
  if (/^(flag_|is_)|_is_/.test(name)) return value >= 0.5 ? 'yes' : 'no';
  if (/_rarity$/.test(name)) return value === 0 ? 'never' : percent(value, value < 0.01 ? 2 : value < 0.1 ? 1 : 0);
  if (/_ratio$|_failed_|_regularity_/.test(name)) return percent(value, value < 0.1 || value > 0.9 ? 1 : 0);
  if (feature.unit === 'B') return bytes(value);
  if (feature.unit === 'B/s') return `${bytes(value)}/s`;
  return feature.unit === '' ? quantity(value) : `${quantity(value)} ${feature.unit}`;
}

// Two-valued and coded features have no range worth drawing.
export function hasRange(feature: Feature): boolean {
  return feature.value !== null && feature.low !== null && feature.high !== null && !/^(flag_|is_)|_is_|^direction$/.test(feature.feature);
}
