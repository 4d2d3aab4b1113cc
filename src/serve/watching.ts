import type { ServedRegistry } from './registries.js';

/** What is counted while a server runs. */
export interface Metrics {
  /** Counts a request that was answered. */
  count(request: CountedRequest): void;
  /** Counts bytes of models that were sent. */
  bytes(count: number): void;
  /** All of it, as Prometheus reads it (text format 0.0.4). */
  text(registries: Iterable<ServedRegistry>, nowMs: number): string;
}

/** A request that was answered. */
export interface CountedRequest {
  face: string;
  method: string;
  status: number;
  seconds: number;
}

/** The upper bounds of times, in seconds. */
const BOUNDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);

/** Begins to count. */
export function makeMetrics(): Metrics {
  const requests = new Map<string, number>();
  const times = new Map<string, { buckets: number[]; sum: number; count: number }>();
  let sent = 0;
  return {
    count: ({ face, method, status, seconds }) => {
      const labels = `face="${face}",method="${METHODS.has(method) ? method : 'other'}",status="${status}"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      const time = times.get(face) ?? { buckets: BOUNDS.map(() => 0), sum: 0, count: 0 };
      times.set(face, time);
      time.sum += seconds;
      time.count += 1;
      for (const [index, bound] of BOUNDS.entries())
        if (seconds <= bound) time.buckets[index] = (time.buckets[index] ?? 0) + 1;
    },
    bytes: (count) => {
      sent += count;
    },
    text: (registries, nowMs) => {
      const lines: string[] = [];
      const metric = (
        name: string,
        type: string,
        about: string,
        values: [labels: string, value: number][],
      ) => {
        lines.push(`# HELP ${name} ${about}`, `# TYPE ${name} ${type}`);
        for (const [labels, value] of values)
          lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
      };
      metric('reg_requests_total', 'counter', 'Requests that were answered.', [...requests]);
      lines.push(
        '# HELP reg_request_seconds Time until an answer was sent.',
        '# TYPE reg_request_seconds histogram',
      );
      for (const [face, { buckets, sum, count }] of times) {
        for (const [index, bound] of BOUNDS.entries())
          lines.push(`reg_request_seconds_bucket{face="${face}",le="${bound}"} ${buckets[index]}`);
        lines.push(
          `reg_request_seconds_bucket{face="${face}",le="+Inf"} ${count}`,
          `reg_request_seconds_sum{face="${face}"} ${sum}`,
          `reg_request_seconds_count{face="${face}"} ${count}`,
        );
      }
      metric('reg_model_bytes_total', 'counter', 'Bytes of models that were sent.', [['', sent]]);
      const conditions = [...registries].map((one) => [`registry="${one.name}"`, one.condition()] as const);
      const each = (of: (condition: ReturnType<ServedRegistry['condition']>) => number): [string, number][] =>
        conditions.map(([labels, condition]) => [labels, of(condition)]);
      metric(
        'reg_registry_up',
        'gauge',
        'Whether the last attempt to read the registry went well.',
        each((one) => (one.state === 'fresh' ? 1 : 0)),
      );
      metric(
        'reg_registry_tags',
        'gauge',
        'Tags of the registry.',
        each((one) => one.tags),
      );
      metric(
        'reg_registry_artifacts',
        'gauge',
        'Artifacts of the registry.',
        each((one) => one.artifacts),
      );
      metric(
        'reg_registry_age_seconds',
        'gauge',
        'Time since the registry was last read, or seen to be the same.',
        each((one) => (one.readAt === undefined ? -1 : (nowMs - one.readAt) / 1000)),
      );
      return `${lines.join('\n')}\n`;
    },
  };
}

/** A line of the access log. It has no query, no header and no body: those may hold secrets. */
export interface AccessLine {
  time: string;
  client: string | null;
  /** Whose token it was. */
  user: string | null;
  method: string;
  path: string;
  status: number;
  /** Bytes that were sent, headers included; null where that is not known. */
  bytes: number | null;
  ms: number;
  /** Whether all of it was sent. */
  whole: boolean;
  /** What is wrong on the side of the server; null where nothing is. */
  error: string | null;
}

/** A line as JSON. A path that was made to hold a line of its own stays in one. */
export const formatLine = (line: AccessLine): string =>
  JSON.stringify({ ...line, path: line.path.slice(0, 2000) });
