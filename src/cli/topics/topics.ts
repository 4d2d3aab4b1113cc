/** What `reg help` explains beside commands. */
export const TOPICS: Readonly<Record<string, () => Promise<string>>> = {
  tags: async () => (await import('./tags.js')).TAGS,
  links: async () => (await import('./links.js')).LINKS,
};
