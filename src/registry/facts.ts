import type { Facts } from '../domain/differences.js';
import type { Description } from './rows.js';

/** What a description says, by section, as two of them are compared; nothing of what is not declared. */
export function factsOf(description: Description | undefined): Facts {
  if (description === undefined) return {};
  const { source, path, digest, sha256, size, type, labels, params, metrics, custom } = description;
  const tags = Array.isArray(labels) ? Object.fromEntries(labels.map((label) => [label, true])) : labels;
  return {
    source: { ...source, ...(path === null ? {} : { path }) },
    // a digest that is the SHA-256 is one fact, not two
    bytes: { sha256, digest: digest?.startsWith('sha256:') ? undefined : digest, size },
    about: { type, description: description.description },
    labels: mappingOf(tags),
    params: mappingOf(params),
    metrics: mappingOf(metrics),
    interface: mappingOf(description.interface),
    custom: mappingOf(custom),
  };
}

const mappingOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
