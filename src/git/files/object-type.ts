/** What an object can be. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

const TYPES: ReadonlySet<string> = new Set(['commit', 'tree', 'blob', 'tag']);

/** Whether a word is a type of object. */
export const isObjectType = (word: string | undefined): word is ObjectType =>
  word !== undefined && TYPES.has(word);
