import type { JSX } from 'preact';
import { diffCommand, isPlain } from '../commands.js';
import { useFrame } from '../frame-context.js';
import { own } from '../own.js';
import type { CompareLink, ComparePage } from '../page.js';
import { CommandToCopy } from './command-to-copy.js';
import { Away } from './names.js';

interface Props {
  page: ComparePage;
  from: string;
  to: string;
}

/** The way to the commits between two versions: pages of the git hosts, and the command that lists them. */
export function CommitsBetween({ page, from, to }: Props): JSX.Element {
  const { repo } = useFrame();
  const commitOf = (id: string): string | undefined =>
    page.versions.find(({ version }) => version === id)?.commit;
  const isTaken = (id: string): boolean =>
    isPlain(id) &&
    page.versions.some(({ version, active }) => version === id && active) &&
    own(page.descriptions, id) !== undefined;
  const [before, after] = [own(page.descriptions, from)?.source, own(page.descriptions, to)?.source];
  const isOneSource = before?.repo !== undefined && before.repo === after?.repo;
  return (
    <>
      <p class="actions">
        {isOneSource && (
          <Between link={own(page.logs.sources, before.repo ?? '')} from={before.commit} to={after?.commit}>
            Commits of the source
          </Between>
        )}{' '}
        <Between link={page.logs.registry} from={commitOf(from)} to={commitOf(to)}>
          Commits of the registry
        </Between>
      </p>
      {isTaken(from) && isTaken(to) && <CommandToCopy command={diffCommand(page.artifact, from, to, repo)} />}
    </>
  );
}

interface BetweenProps {
  link: CompareLink | null | undefined;
  from: string | undefined;
  to: string | undefined;
  children: string;
}

const Between = ({ link, from, to, children }: BetweenProps): JSX.Element | null =>
  link && from !== undefined && to !== undefined && from !== to ? (
    <Away href={link.before + encodeURIComponent(from) + link.between + encodeURIComponent(to)}>
      {children}
    </Away>
  ) : null;
