import { isMap, isScalar } from 'yaml';
import type { YamlFile } from './read.js';

/** The keys of the top mapping of a file, or of the mapping under one of its keys. */
export function keysOf({ document }: YamlFile, under?: string): string[] {
  const top = document.contents;
  const map = under !== undefined && isMap(top) ? top.get(under) : top;
  return isMap(map) ? map.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}
