import { useEffect, useState } from 'preact/hooks';
import { useFrame } from './frame-context.js';

/** Data that a page loads when it needs them. */
export type Loaded<T> = { state: 'ready'; value: T } | { state: 'loading' } | { state: 'failed' };

const texts = new Map<string, string>();
const loading = new Map<string, Promise<string>>();

/** What a data script calls. */
const take = (path: string, text: string): void => void texts.set(path, text);

/** Loads the script of some data, once for each state of the registry. */
export function load(root: string, path: string, state: string): Promise<string> {
  const address = `${root}${path}?${encodeURIComponent(state)}`;
  const known = loading.get(address);
  if (known) return known;
  Object.assign(window, { regData: take });
  const loaded = new Promise<string>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = address;
    script.onload = () => {
      const text = texts.get(path);
      script.remove();
      texts.delete(path);
      if (text === undefined) reject(new Error(path));
      else resolve(text);
    };
    script.onerror = () => {
      script.remove();
      reject(new Error(path));
    };
    document.head.append(script);
  });
  loading.set(address, loaded);
  // it may be there the next time
  loaded.catch(() => loading.delete(address));
  return loaded;
}

/**
 * The data at some paths, in their order, each as soon as it is there.
 * @param paths from the top of the site; the hook asks again when they change
 */
export function useData<T>(paths: readonly string[]): Loaded<T>[] {
  const { root, read, live } = useFrame();
  const state = live ?? read;
  const [all, keep] = useState<ReadonlyMap<string, Loaded<T>>>(new Map());
  const keyOf = (path: string): string => `${state} ${path}`;
  const key = paths.map(keyOf).join('\n');
  useEffect(() => {
    const put = (path: string, value: Loaded<T>): void =>
      keep((before) => new Map(before).set(keyOf(path), value));
    for (const path of paths) {
      if (all.get(keyOf(path))?.state === 'ready') continue;
      load(root, path, state).then(
        (text) => put(path, { state: 'ready', value: JSON.parse(text) as T }),
        () => put(path, { state: 'failed' }),
      );
    }
  }, [key]);
  return paths.map((path) => all.get(keyOf(path)) ?? { state: 'loading' });
}
