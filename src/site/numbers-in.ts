/** The numbers of a mapping, such as the metrics of a link; whatever else is there is left out. */
export function numbersIn(metrics: unknown): Record<string, number> {
  const entries = Object.entries((metrics ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((one): one is [string, number] => typeof one[1] === 'number' && Number.isFinite(one[1])),
  );
}
