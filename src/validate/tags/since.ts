import type { State } from '../../domain/artifact.js';
import { parseTagName } from '../../domain/tag-name.js';
import { parseTime } from '../../domain/time.js';
import { RegError } from '../../errors.js';
import { type RegistryContext, requireCommit } from '../../registry/context.js';

/**
 * The moment that `--since` names, in seconds since the epoch: a time; the tag of an event, which is then the first that is
 * looked at; or a rev, whose commit's date it is.
 * @param state what is looked at, for a checkout lacks the tag, or holds the commit in its place
 * @throws RegError UNKNOWN_REV
 */
export async function sinceMoment(context: RegistryContext, text: string, state: State): Promise<number> {
  const time = timeOf(text);
  if (time !== undefined) return time;
  const tagName = text.replace(/^refs\/tags\//, '');
  const name = parseTagName(tagName);
  const event = name && state.get(name.artifact)?.events.find(({ tag }) => tag === tagName);
  return event?.time ?? context.repository.commitDate(await requireCommit(context, text));
}

function timeOf(text: string): number | undefined {
  try {
    return parseTime(text);
  } catch (error) {
    if (error instanceof RegError && error.code === 'INVALID_TIME') return undefined;
    throw error;
  }
}
