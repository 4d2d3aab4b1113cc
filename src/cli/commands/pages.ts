import { spawn } from 'node:child_process';
import { platform } from 'node:os';
import { relative } from 'node:path';
import * as registry from '../../registry/browse.js';
import { countBar } from '../render/progress.js';
import type { Session } from '../session.js';

/** `reg browse` */
export async function browse(
  { out, open }: Session,
  targets: string[],
  { print }: { print?: boolean },
): Promise<void> {
  const rows = await registry.browse(await open(), targets);
  await out.answer(rows, () => rows.map(({ url }) => url));
  const { isTTY, env } = out.world;
  if (out.isData || print || !isTTY) return;
  for (const { url } of rows)
    openBrowser(url, env, () => out.note('no browser could be started: set BROWSER'));
}

/** `reg site` */
export async function site({ out, open, cwd }: Session, options: { output: string }): Promise<number> {
  // what draws pages is large, and `browse` draws none
  const { site: write } = await import('../../site/write.js');
  const progress = countBar(out, 'reg site');
  const row = await write(await open(), {
    out: options.output,
    from: cwd,
    onNote: out.note,
    onProgress: progress.show,
  }).finally(progress.stop);
  await out.answer(row, () => [relative(cwd, row.index) || row.index]);
  if (!out.isData)
    out.note(
      `${row.files} files, ${(row.bytes / 1e6).toFixed(1)} MB; open the page in a browser, or publish the folder`,
    );
  return row.missing.length === 0 ? 0 : 1;
}

/** `reg ui` */
export async function ui({ out, open }: Session, options: { port?: number; open?: boolean }): Promise<void> {
  const { ui: serve } = await import('../../serve/ui.js');
  const { url, closed } = await serve(await open(), { port: options.port, onNote: out.note });
  await out.answer({ url }, () => [url]);
  out.note('serving on this machine alone; Ctrl-C ends it');
  if (options.open)
    openBrowser(url, out.world.env, () => out.note(`no browser could be started; open ${url} in one`));
  await closed;
}

/** How a system opens an address in the browser that the user chose. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // the empty word is a title, which `start` takes the first quoted word for
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in a browser; `failed` is called when there is none. */
function openBrowser(url: string, env: NodeJS.ProcessEnv, failed: () => void): void {
  const [program, ...args] = chosen(env) ?? OPENERS[platform()] ?? ['xdg-open'];
  const child = spawn(program, [...args, url], { env, stdio: 'ignore', detached: true });
  child.once('error', failed).once('exit', (code) => code !== 0 && failed());
  child.unref();
}

/** The program that the user named (xdg-open(1) knows BROWSER as well); of several the first. */
function chosen({ BROWSER }: NodeJS.ProcessEnv): readonly [string] | undefined {
  const [first = ''] = (BROWSER ?? '').split(platform() === 'win32' ? ';' : ':');
  return first === '' ? undefined : [first];
}
