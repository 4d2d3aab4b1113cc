import { ui } from '../../site/serve.js';
import { openBrowser } from '../open-browser.js';
import type { Session } from '../session.js';

interface Options {
  port?: number;
  open?: boolean;
}

export async function run({ out, open }: Session, options: Options): Promise<void> {
  const { url, closed } = await ui(await open(), { port: options.port, onNote: out.note });
  if (out.json) out.data({ url });
  else out.line(url);
  out.note('serving on this machine alone; Ctrl-C ends it');
  if (options.open)
    openBrowser(url, out.world.env, () => out.note(`no browser could be started; open ${url} in one`));
  await closed;
}
