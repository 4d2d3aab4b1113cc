import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** How a system opens an address in the browser that the user chose. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  // the empty word is a title, which `start` takes the first quoted word for
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens an address in a browser; `failed` is told when there is none. */
export function openBrowser(url: string, env: NodeJS.ProcessEnv, failed: () => void): void {
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
