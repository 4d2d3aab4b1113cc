import { RegError } from '../errors.js';
import { short } from '../util/oid.js';
import type { ResolvedEvent } from './artifact.js';
import { versionLabel } from './find.js';
import { splitArtifactName } from './names.js';
import type { Plan, Snapshot } from './plan.js';
import { parseTagName } from './tag-name.js';
import { formatTime } from './time.js';

// What gto 1.10 does with tags that this program reads well (docs/gto.md). It matters in a repository with a `.gto`.

/** Something that gto cannot read, or reads otherwise. */
export interface GtoTrouble {
  /** The tag that brings it about. */
  tag: string;
  message: string;
  /** Whether gto ends with an error, now or after the next assignment; otherwise its answers differ. */
  ends: boolean;
}

type GtoEvent = Pick<ResolvedEvent, 'kind' | 'tag' | 'commit' | 'of' | 'date' | 'artifact'>;

/**
 * What gto makes of the events of one artifact.
 * @param events oldest first
 */
export function gtoTroubles(events: readonly GtoEvent[]): GtoTrouble[] {
  const commits = new Map<string, string[]>();
  const registered = new Map<string, string>();
  const troubles: GtoTrouble[] = [];
  const say = (tag: string, message: string, ends: boolean): void =>
    void troubles.push({ tag, message, ends });
  let newest: GtoEvent | undefined;
  for (const event of events) {
    const { kind, tag, commit, of = '', date } = event;
    if (kind === 'registration') {
      const here = commits.get(commit) ?? [];
      const [other] = here.filter((id) => id !== of);
      const first = registered.get(of);
      if (first !== undefined)
        say(
          tag,
          `it registers ${of} again after ${first}: gto show ends with an error for ${event.artifact}`,
          true,
        );
      if (other !== undefined && !here.includes(of))
        say(
          tag,
          `${other} and ${of} are both at ${short(commit)}: gto ends with an error for every artifact once one of them is assigned`,
          true,
        );
      commits.set(commit, [...here, of]);
      registered.set(of, tag);
    }
    if (newest !== undefined && isSortedBefore(event, newest))
      say(tag, `gto takes it to come before ${newest.tag}, which is dated ${formatTime(newest.date)}`, false);
    if (newest === undefined || date >= newest.date) newest = event;
  }
  for (const { kind, tag, commit } of events) {
    const here = [...new Set(commits.get(commit))];
    if ((kind === 'assignment' || kind === 'unassignment') && here.length > 1)
      say(
        tag,
        `it is at ${short(commit)}, where ${here.map(versionLabel).join(' and ')} are: gto ends with an error for every artifact`,
        true,
      );
  }
  return troubles;
}

/** gto sorts by date, and what has the same date by the name of the tag. */
const isSortedBefore = (event: GtoEvent, other: GtoEvent): boolean =>
  event.date < other.date || (event.date === other.date && event.tag < other.tag);

/** What gto makes of the name of a tag; undefined where both tools read it alike. */
export function gtoNameTrouble(tagName: string): string | undefined {
  const event = parseTagName(tagName);
  if (event !== undefined)
    return splitArtifactName(event.artifact).base.includes('.')
      ? 'gto does not see it: a name has no dot there'
      : undefined;
  const bare = tagName.replace(/#\d+$/, '');
  return bare !== tagName && parseTagName(bare) !== undefined
    ? 'gto takes it for an event, for it reads counters with leading zeros and of any size'
    : undefined;
}

/**
 * Refuses a plan whose registration gto cannot read, unless forced; otherwise gives the plan with notes about gto.
 * @throws RegError GTO_UNREADABLE
 */
export function besideGto(snapshot: Snapshot, plan: Plan, force: boolean | undefined): Plan {
  const { artifact, now } = snapshot;
  const planned = plan.tags.map(
    ({ event, tagName: tag, commit, of, date }): GtoEvent => ({
      kind: event.kind,
      artifact: event.artifact,
      tag,
      commit,
      of,
      date,
    }),
  );
  const own = new Set(planned.map(({ tag }) => tag));
  const troubles = gtoTroubles([...artifact.events, ...planned]).filter(({ tag }) => own.has(tag));
  const kinds = new Map(planned.map(({ tag, kind }) => [tag, kind]));
  const refused = troubles.find(({ tag }) => kinds.get(tag) === 'registration');
  if (refused !== undefined && !force)
    throw new RegError(
      'GTO_UNREADABLE',
      `cannot write ${refused.tag} beside gto: ${refused.message}`,
      'register another version at another commit, or add --force where gto is not used any more',
    );
  const ahead = planned.find(({ date }) => date > now);
  const notes = [
    plan.note,
    ...troubles.map(({ tag, message }) => `${tag}: ${message}`),
    ahead &&
      `${ahead.tag} is dated ${formatTime(ahead.date)}, after this clock: tags of an artifact are a second apart; gto sorts by date, so let it write after that`,
  ].filter((note) => note !== undefined);
  return notes.length === 0 ? plan : { ...plan, note: notes.join('\n') };
}
