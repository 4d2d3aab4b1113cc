/** Whether a text is a URL, of a store or of something that is none, and not a path. */
export const isStoreUrl = (text: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(text);

/** The address of an object from that of its store and its key, as `splitObjectUrl` takes it apart again. */
export function joinObjectUrl(store: string, key: string): string {
  // the tools of the cloud providers take a key as it is; only the web and files decode
  const isEncoded = /^(https?|file):/i.test(store);
  const path = isEncoded ? key.split('/').map(encodeURIComponent).join('/') : key;
  return `${store.replace(/\/+$/, '')}/${path}`;
}
