import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** A file that every page takes, named by its content, so that an old one is never taken for a new one. */
export interface Asset {
  path: string;
  text: string;
}

/** What every page takes. */
export interface Assets {
  script: Asset;
  style: Asset;
  icon: Asset;
}

/** Reads what was built for the browser. */
export async function readAssets(): Promise<Assets> {
  const [script, style] = await Promise.all([asset('app.js'), asset('app.css')]);
  return { script, style, icon: { path: 'assets/icon.svg', text: ICON } };
}

async function asset(name: string): Promise<Asset> {
  // two folders up is the package, from here as from a chunk of the bundle
  const text = await readFile(new URL(`../../dist/web/${name}`, import.meta.url), 'utf8');
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return { path: `assets/${name.replace('.', `-${hash}.`)}`, text };
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect x="1" y="2" width="9" height="3" rx="1" fill="#7c8798"/>' +
  '<rect x="5" y="7" width="10" height="3" rx="1" fill="#2563eb"/><rect x="2" y="12" width="7" height="3" rx="1" fill="#0d7d5a"/></svg>';
