// The API's answers as docs/api.md describes them, and how to ask for one.

export type Severity = 'high' | 'medium' | 'low' | 'none';
export type RunState = 'empty' | 'learning' | 'live' | 'stalled';

export interface Tally {
  events: number;
  anomalous: number;
  by_label: number;
  by_score: number;
  by_both: number;
  high: number;
  medium: number;
  low: number;
  mean_score: number | null;
  mean_score_all: number | null;
  max_score: number | null;
}

export interface Range {
  from: string | null;
  to: string | null;
  window_seconds: number;
}

// A stretch of time.
export interface Span {
  from: string;
  to: string;
}

interface Answer {
  sequence: number;
  range: Range;
}

export interface Learning {
  events: number;
  needed: number;
}

export interface AlertCounts {
  total: number;
  high: number;
  medium: number;
  low: number;
  none: number;
}

// What was learnt for one kind of log and columns.
export interface SubModel {
  name: string;
  rows: number; // 0: not learnt
  detector: string;
  calibration_rows: number;
  events_a_day: number;
  scored_on: number; // columns
  columns: string[];
  dropped: { feature: string; reason: string }[];
  behaviour?: View | null; // null: it knows nothing of what came before
}

// The half of a sub-model that knows what came before an event.
export type View = Pick<SubModel, 'detector' | 'calibration_rows' | 'scored_on' | 'columns' | 'dropped'>;

export interface Model {
  digest: string;
  trained_from: string | null;
  trained_to: string | null;
  seed: number;
  sub_models: SubModel[];
}

export interface Summary extends Answer {
  clock: string | null;
  state: RunState;
  trouble: string | null;
  learning: Learning | null;
  rate: number;
  now: Tally;
  before: Tally | null;
  attackers: { count: number; before: number | null; estimated: boolean; error: number };
  alerts: AlertCounts & { before: number | null };
  model: Model | null;
  geo: { available: boolean; trouble: string | null; kind: string | null };
  ignore_labels: boolean;
  sources: { total: number } & { [state in SourceState]: number };
  late: number; // of all sources, ever
  unobserved_seconds: number;
}

export interface Feature {
  feature: string;
  words: string;
  unit: string;
  value: number | null;
  low: number | null;
  median: number | null;
  high: number | null;
  share: number;
}

// What a named detector counted.
export interface Finding {
  name: string;
  words: string;
  counted: number;
  limit: number; // from which on it fires
  seconds: number;
  p: number; // nominal
  also: string[]; // others that fired at the same event
}

export type GeoState = 'found' | 'private' | 'no_entry' | 'no_database' | 'no_address';

// How odd something is, and by how much of it that was judged.
export interface Oddness {
  p_value: number | null; // the share of ordinary events that are as odd; null where it wasn't scored
  features_used: number;
  features_total: number;
  partial: boolean; // scored on the columns that it shares with the nearest set that was learnt
}

export interface Alert extends Oddness {
  model: string | null; // digest of the one that gave the score
  alert_id: string;
  severity: Severity;
  score: number | null;
  first_time: string;
  last_time: string;
  count: number;
  by_label: number;
  by_score: number;
  by_both: number;
  source_ip: string | null;
  destination_ip: string | null;
  destination_port: number | null;
  protocol: string | null;
  application_protocol: string | null;
  dataset: string;
  attack_type: string | null;
  reason: string;
  reason_key: string;
  finding: Finding | null;
  features: Feature[];
  country: string | null;
  city: string | null;
  latitude: number | null;
  longitude: number | null;
  geo: GeoState;
  event_id: string;
  learned_in_sample: boolean;
}

export interface Alerts extends Answer {
  counts: AlertCounts;
  alerts: Alert[];
  next_cursor: string | null;
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Event extends Oddness {
  event_time: string;
  dataset: string;
  source_ip: string | null;
  source_port: number | null;
  destination_ip: string | null;
  destination_port: number | null;
  event_id: string;
  anomaly_score: number | null;
  severity: Severity;
  late: boolean;
  by: 'label' | 'score' | 'both' | null;
  attack_type: string | null;
  finding: Finding | null;
  attributes: { [key: string]: Json };
  raw: string | null;
}

export interface Events extends Answer {
  events: Event[];
  next_cursor: string | null;
  complete: boolean;
}

export interface Bucket extends Tally {
  time: string;
  burst: boolean;
  observed: boolean;
}

export interface TimeSeries extends Answer {
  bucket_seconds: number;
  buckets: Bucket[];
  unobserved: Span[];
}

export interface Point extends Tally {
  latitude: number;
  longitude: number;
  country: string | null;
}

export interface Geo extends Answer {
  points: Point[];
  countries: (Tally & { country: string | null })[];
  unlocated: { private: number; no_entry: number; no_database: number; no_address: number };
  available: boolean;
  trouble: string | null;
}

export interface Keys extends Answer {
  distinct: number;
  sum: Tally;
  rows: (Tally & { key: string | null })[];
}

export type SourceState = 'live' | 'behind' | 'silent' | 'waiting' | 'failed' | 'ended' | 'idle';

// read = decoded + skipped + malformed; decoded = accepted + duplicates.
export interface Counts {
  read: number;
  decoded: number;
  skipped: number;
  malformed: number;
  duplicates: number;
  late: number;
  datasets: { [dataset: string]: number };
  reasons: { [reason: string]: number };
  negative_counters: number;
  unknown_applications: number;
}

export interface Source {
  name: string;
  kind: string;
  formats: string[];
  state: SourceState;
  trouble: string | null;
  streams: number;
  peers: number | null;
  identities: string[];
  events: number;
  first_event: string | null;
  last_event: string | null;
  last_arrival: string | null;
  rate: number;
  lag_seconds: number | null;
  bytes_behind: number | null;
  lost: number;
  rotations: number;
  skew: { state: 'unknown' | 'none' | 'steady'; seconds: number; text: string | null };
  future_events: number;
  future_seconds: number;
  shift_seconds: number;
  usual_gap_seconds: number | null;
  gaps: Span[];
  gaps_total: number;
  counts: Counts;
  window: Tally;
}

export interface QuarantineSum {
  records: number;
  bytes: number;
  dropped: number;
  records_max: number;
  bytes_max: number;
}

export interface Sources extends Answer {
  sources: Source[];
  quarantine: QuarantineSum;
  unobserved: Span[];
}

// A record that could not be read, as it was kept.
export interface Kept {
  number: number;
  source: string;
  format: string;
  offset: number;
  reason: string;
  reason_text: string;
  record: string; // bytes that are no UTF-8 as \xff; then the bytes themselves follow
  record_base64?: string;
}

export interface Quarantine {
  records: Kept[];
  next_before: number | null;
  quarantine: QuarantineSum;
}

export interface Budget {
  mode: 'total' | 'per_source' | 'rate';
  alerts_per_day: number | null;
  false_alarm_rate: number | null;
}

export type WeekVerdict = 'as_asked' | 'more' | 'fewer' | 'too_few';

// One week of one source: what was asked, what came, and how the p-values spread.
export interface Week {
  from: string;
  events: number;
  expected: number;
  alarms: number;
  interval: [number, number];
  alerts: number;
  verdict: WeekVerdict;
  words: string;
  p_values: number[];
  tails: { p: number; events: number }[];
}

export interface Reliable {
  source: string;
  events_a_day: number;
  rate_asked: number;
  weeks: Week[]; // the newest first
}

export interface Reliability {
  budget: Budget;
  severities: { low: number | null; medium: number; high: number };
  sources: Reliable[];
}

// By a model, of an event's own figures.
export interface Explanation {
  model: string;
  same_model: boolean; // the one that scored the event
  p_value: number | null;
  rate: number;
  ordinary: boolean;
  features: (Feature & { nearest: number | null })[];
  has_nearest: boolean;
  counterfactuals: { words: string; changes: { feature: string; value: number | null; until?: number | null }[] }[];
}

export interface Explained {
  event_id: string;
  p_value: number | null;
  finding: Finding | null;
  why_not: 'not_stored' | 'no_features' | null;
  explanation: Explanation | null;
}

export type LearnReason = 'none' | 'first' | 'given' | 'late' | 'due' | 'growth' | 'drift' | 'rollback';

// Rows of one kind of log, by source.
export interface LearntFrom {
  kind: string;
  rows: number;
  sources: { source: string | null; rows: number }[];
}

export interface LedgerLine {
  digest: string;
  parent: string | null;
  from_sequence: number;
  from: string | null;
  reason: LearnReason;
  rows: number;
  reference: boolean; // the frozen first model from there on
  alerts: number;
  kept: boolean;
  learnt_from: { kinds?: LearntFrom[] } | null;
}

// Events that the model in force and the frozen first one judge.
export interface Apart {
  events: number;
  apart: number;
  now_ordinary: number;
  now_alarm: number;
}

export interface ModelLife {
  learning: {
    refit_seconds: number | null;
    paused: boolean;
    under_way: { reason: LearnReason; from_sequence: number } | null;
    divergence: (Apart & { sources: (Apart & { source: string | null })[] }) | null;
  } | null;
  ledger: LedgerLine[]; // the newest first
}

export interface DriftHour {
  hour: string;
  events: number;
  checks: number;
  marks: number;
  distance: number;
  significance: number;
}

export interface Drift {
  kinds: { kind: string; hours: DriftHour[] }[];
}

export interface Canary {
  kind: string;
  words: string;
  injected: number;
  found: number;
  missed: number;
  median_seconds_to_alert: number | null;
  last: { time: string; found: boolean; by: string | null; seconds_to_alert: number | null } | null;
}

export interface Canaries {
  enabled: boolean;
  every_hours: number | null;
  needs_flows: boolean;
  kinds: Canary[];
}

export interface Health {
  status: string;
  version: string;
  sequence: number;
}

// What a message of the stream says.
export interface Commit {
  sequence: number;
  clock: string | null;
  state: RunState;
  rate: number;
  learning: Learning | null;
}

// Where a filter is wrong, in bytes of its UTF-8 text.
export interface FilterFault {
  offset: number;
  length: number;
  expected: string;
}

// The API's refusal (RFC 9457), or a failure on the way to it (status 0).
export class Problem extends Error {
  constructor(readonly status: number, message: string, readonly filter: FilterFault | null = null) {
    super(message);
  }
}

const TIMEOUT_MS = 10_000;

async function refusal(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as { title?: string; detail?: string; filter?: FilterFault };
    return new Problem(response.status, body.detail ?? body.title ?? response.statusText, body.filter ?? null);
  } catch {
    return new Problem(response.status, response.statusText);
  }
}

async function request<T>(path: string, init: RequestInit, patience: number): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, { ...init, signal: AbortSignal.timeout(patience) });
  } catch (error) {
    const slow = error instanceof DOMException && error.name === 'TimeoutError';
    throw new Problem(0, slow ? `No answer within ${Math.round(patience / 1000)} seconds.` : 'The server could not be reached.');
  }
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

export function ask<T>(path: string, parameters: Record<string, string | number> = {}, patience = TIMEOUT_MS): Promise<T> {
  const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
  return request<T>(`${path}${query.size ? `?${query}` : ''}`, {}, patience);
}

export function tell<T>(path: string, body: Record<string, Json>): Promise<T> {
  return request<T>(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }, TIMEOUT_MS);
}
