import { type ComponentChildren, Fragment, type JSX } from 'preact';
import { useFrame } from '../frame-context.js';
import { shownTime } from '../moments.js';
import { artifactPath, versionPath } from '../site-path.js';

/** A version as short as git shows it, where it is a commit that was never registered. */
export const shortVersion = (version: string): string =>
  /^[0-9a-f]{40,64}$/.test(version) ? version.slice(0, 7) : version;

/** The name of an artifact, leading to its page. */
export function ArtifactLink({ artifact }: { artifact: string }): JSX.Element {
  const { root } = useFrame();
  return (
    <a class="name" href={root + artifactPath(artifact)}>
      <bdi>{artifact}</bdi>
    </a>
  );
}

/** A version, leading to its page. */
export function VersionLink({ artifact, version }: { artifact: string; version: string }): JSX.Element {
  const { root } = useFrame();
  return <a href={root + versionPath(artifact, version)}>{shortVersion(version)}</a>;
}

/** The name of a stage in its colour. */
export function StageChip({ stage }: { stage: string }): JSX.Element {
  return <span class={`chip ${useStageClass()(stage)}`}>{stage}</span>;
}

/** The names of stages, each in its colour, in the order of promotion. */
export function StageChips({ stages }: { stages: readonly string[] }): JSX.Element {
  return (
    <>
      {useStageOrder()(stages).map((stage) => (
        <Fragment key={stage}>
          <StageChip stage={stage} />{' '}
        </Fragment>
      ))}
    </>
  );
}

/** Gives a function that puts stages in the order of promotion. */
export function useStageOrder(): (stages: readonly string[]) => string[] {
  const { stages: known } = useFrame();
  return (stages) => [...stages].sort((a, b) => known.indexOf(a) - known.indexOf(b));
}

/** Gives the class that has a stage's colour: by its place among the stages. */
export function useStageClass(): (stage: string) => string {
  const { stages } = useFrame();
  return (stage) => `stage-${Math.max(0, stages.indexOf(stage)) % 6}`;
}

/** A moment. */
export const Moment = ({ time }: { time: string }): JSX.Element => (
  <time dateTime={time} title={time}>
    {shownTime(time)}
  </time>
);

/** A person, as the tag names them. */
export const Person = ({ author, email }: { author: string; email?: string }): JSX.Element => (
  <bdi class="person" title={email}>
    {author}
  </bdi>
);

/** A link away from the site; its address is http(s) and was made or checked by the server. */
export const Away = ({ href, children }: { href: string; children: ComponentChildren }): JSX.Element => (
  <a class="away" href={href} rel="noopener noreferrer">
    {children}
  </a>
);

/** A commit, leading to the git host where it is known. */
export function CommitLink({ commit, long = false }: { commit: string; long?: boolean }): JSX.Element {
  const { host } = useFrame();
  const text = <code>{long ? commit : commit.slice(0, 7)}</code>;
  return host === null ? text : <Away href={host.commit + encodeURIComponent(commit)}>{text}</Away>;
}

/** A tag, leading to the git host where it is known. */
export function TagLink({ tag }: { tag: string }): JSX.Element {
  const { host } = useFrame();
  const text = <code>{tag}</code>;
  return host === null ? (
    text
  ) : (
    <Away href={host.tag + tag.split('/').map(encodeURIComponent).join('/')}>{text}</Away>
  );
}

/** The first line of a message, the whole of it on demand. */
export function Message({ text }: { text: string }): JSX.Element | null {
  const [subject = '', ...rest] = text.trim().split('\n');
  const more = rest.join('\n').trim();
  if (subject === '') return null;
  if (more === '') return <span dir="auto">{subject}</span>;
  return (
    <details class="message">
      <summary dir="auto">{subject}</summary>
      <p dir="auto">{more}</p>
    </details>
  );
}
