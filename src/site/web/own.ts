/** What a mapping itself has under a key: a stage may be called `constructor`. */
export const own = <T>(mapping: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(mapping, key) ? mapping[key] : undefined;
