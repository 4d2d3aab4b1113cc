import { openContext } from '../open.js';
import type { RegistryContext } from '../registry/context.js';
import { stages } from '../registry/queries.js';
import { overview, versions } from '../registry/show.js';
import type { Cursor } from './complete.js';
import { isUrl, repoOf } from './session.js';

/** Names in the registry; none where it cannot be asked, and none at a URL, where it would take too long for a key. */
export async function namesIn(
  name: string,
  { prefix, world, repo: asked, artifact }: Cursor,
): Promise<string[]> {
  const repo = repoOf(asked, world.env);
  if (isUrl(repo)) return [];
  try {
    return await namesFor(name, artifact, prefix, await openContext(repo, world));
  } catch {
    // the command itself reports the error; completion stays silent
    return [];
  }
}

async function namesFor(
  name: string,
  artifact: string | undefined,
  prefix: string,
  context: RegistryContext,
): Promise<string[]> {
  if (name === 'stage') return stagesOf(context, artifact);
  if (name === 'version') return artifact === undefined ? [] : versionsOf(context, artifact);
  const mark = prefix.search(/[@#]/);
  if (mark < 0)
    return withShort(
      context,
      (await overview(context, { deprecated: true })).map((row) => row.artifact),
    );
  const typed = prefix.slice(0, mark);
  // a stage alone, of every artifact
  if (typed === '' && artifact === undefined && prefix[mark] === '#')
    return (await stagesOf(context, undefined)).map((stage) => `#${stage}`);
  // the second operand of diff may leave out the name that the first one has
  const behind = await (prefix[mark] === '@' ? versionsOf : stagesOf)(context, typed || (artifact ?? ''));
  return behind.map((one) => `${typed}${prefix[mark]}${one}`);
}

/** Artifacts, those of the current folder under their short names too. */
async function withShort(context: RegistryContext, names: readonly string[]): Promise<string[]> {
  const start = `${await context.folder()}:`;
  const short = names.filter((name) => name.startsWith(start)).map((name) => name.slice(start.length));
  return [...short.filter((name) => start !== ':' && !names.includes(name)), ...names];
}

/** The registered versions of an artifact, greatest first. */
const versionsOf = async (context: RegistryContext, artifact: string): Promise<string[]> =>
  (await versions(context, artifact, {}))
    .filter(({ version, active }) => active && version.startsWith('v'))
    .map(({ version }) => version);

/** The stages that are allowed, and behind them others in use: by the artifact, or without one by any. */
async function stagesOf(context: RegistryContext, artifact: string | undefined): Promise<string[]> {
  const allowed = await stages(context, { allowed: true }).catch(() => []);
  const used =
    artifact === undefined
      ? await stages(context, { used: true })
      : (await versions(context, artifact, {})).flatMap((row) => row.stages).sort();
  return [...new Set([...allowed, ...used])];
}
