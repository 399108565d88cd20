// The API's answers for asking: tops, completion, incidents, addresses, single events, views. docs/api.md describes them.
import type { Alert, Event, Feature, Finding, GeoState, Range, Severity, Tally } from './api';

interface Answer {
  sequence: number;
  range: Range;
}

// How much of what was asked is counted: false, at least so much.
export interface Sure {
  complete: boolean; // the recent events reach back far enough
  exact: boolean;
}

export interface Count {
  events: number;
  exact: boolean;
}

// How many probes came, and how many in the stretch of the same length before; null: not counted exactly.
export interface Probes {
  now: number | null;
  before: number | null;
}

export interface TopRow extends Tally {
  key: string | null;
  first: string | null;
  last: string | null;
}

export interface Top {
  field: string; // of the filter language
  distinct: number;
  sum: Tally;
  rows: TopRow[];
}

export interface Tops extends Answer, Sure {
  tops: Top[];
}

export interface Storage {
  sequence: number;
  bytes: number;
  spare_bytes: number;
  free_bytes: number | null;
  recent_events: number;
  recent_events_max: number;
  oldest_event: string | null;
  limits: { keep_seconds: number | null; keep_bytes: number | null; min_free_bytes: number | null };
  dropped_events: number;
  dropped_until: string | null;
  index: { events: number; behind: number; bytes: number };
}

export interface Completion {
  from: number; // bytes of the UTF-8 text
  to: number;
  items: { text: string; words: string; events: number | null }[];
}

export interface Row extends Event {
  sequence?: number;
  protocol: string | null;
  application_protocol: string | null;
  duration: number | null;
  bytes_sent: number | null;
  bytes_received: number | null;
  packets_sent: number | null;
  packets_received: number | null;
  direction: string | null;
  tcp_flags: string | null;
  label: string | null;
  payload?: string | null;
  missing?: string[]; // names of unified fields that nobody measured
  alert_id: string | null;
  source?: string | null;
  country?: string | null;
}

export interface EventsPage extends Answer {
  events: Row[];
  next_cursor: string | null;
  complete: boolean;
  count?: Count;
}

export interface Brief {
  event_id: string;
  event_time: string;
  destination_ip: string | null;
  destination_port: number | null;
  kind: string | null;
  severity: Severity;
  anomaly_score: number | null;
  attack_type: string | null;
  alert_id: string | null;
}

export interface OneEvent {
  sequence: number;
  event: Row & { country: string | null; scored_by: string | null; features: Feature[]; finding: Finding | null };
  before: Brief[];
  after: Brief[];
}

export interface Incident {
  incident_id: string;
  source_ip: string | null;
  country: string | null;
  city: string | null;
  severity: Severity;
  score: number | null;
  first_time: string;
  last_time: string;
  events: number;
  by_label: number;
  by_score: number;
  by_both: number;
  alerts: number;
  targets: number;
  ports: { port: number | null; events: number }[];
  attack_types: { attack_type: string | null; events: number }[];
  datasets: string[];
  story: string;
  top_alert: { alert_id: string; reason: string; reason_key: string };
}

export interface Incidents extends Answer, Sure {
  counts: { total: number; high: number; medium: number; low: number; none: number };
  incidents: Incident[];
  next_cursor: string | null;
}

export interface OneIncident {
  sequence: number;
  incident: Incident;
  alerts: Alert[];
}

export interface Session {
  session: string;
  source: string | null;
  first_time: string;
  last_time: string;
  events: number;
}

export interface Address extends Answer, Sure {
  address: string;
  place: { country: string | null; city: string | null; latitude: number | null; longitude: number | null; geo: GeoState };
  private: boolean;
  first_seen: string | null;
  last_seen: string | null;
  as_source: Tally;
  as_target: Tally;
  tops: Top[];
  sessions: Session[];
}

export interface SavedView {
  name: string;
  query: string; // of the page's URL
}

export interface Views {
  views: SavedView[];
}
