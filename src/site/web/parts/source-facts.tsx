import type { JSX } from 'preact';
import type { Description } from '../../../registry/rows.js';
import { Away } from './names.js';

interface Props {
  description: Description;
  /** Where the git host shows the source. */
  url: string | null;
}

/** Where a model is, and which bytes it is. */
export function SourceFacts({ description, url }: Props): JSX.Element {
  const { source, path, sha256, size, type, file } = description;
  return (
    <section>
      <h2>Model</h2>
      {description.description !== null && <p dir="auto">{description.description}</p>}
      <dl class="facts">
        <Fact name="Source" value={source?.url ?? source?.repo ?? 'this repository'} href={url} />
        <Fact name="Path" value={path} />
        <Fact name="Rev" value={source?.rev} />
        <Fact name="Source commit" value={source?.commit} isCode />
        <Fact name="SHA-256" value={sha256} isCode />
        <Fact name="Size" value={size === null ? null : shownSize(size)} />
        <Fact name="Type" value={type} />
        <Fact name="Declared in" value={file} />
      </dl>
    </section>
  );
}

interface FactProps {
  name: string;
  value: string | null | undefined;
  href?: string | null;
  isCode?: boolean;
}

function Fact({ name, value, href = null, isCode = false }: FactProps): JSX.Element | null {
  if (value === null || value === undefined) return null;
  const text = isCode ? <code>{value}</code> : <bdi>{value}</bdi>;
  return (
    <>
      <dt>{name}</dt>
      <dd>{href === null ? text : <Away href={href}>{text}</Away>}</dd>
    </>
  );
}

/** A number of bytes, exact and in the unit that people think in. */
function shownSize(bytes: number): string {
  const exact = `${bytes.toLocaleString('en-US')} bytes`;
  const power = Math.min(4, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  if (power === 0) return exact;
  return `${(bytes / 1000 ** power).toPrecision(3)} ${['', 'kB', 'MB', 'GB', 'TB'][power]} (${exact})`;
}
