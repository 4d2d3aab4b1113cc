import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Packages whose code is under a second licence, and the file of the package that has its text. */
const SECOND = { pako: 'lib/zlib/README' };

/**
 * The licences of the packages whose code is in built files: each text once, above it the packages and their copyright lines.
 * @param metafiles what esbuild says of the files that it built
 * @throws Error where a package has no text of its licence, and no other package has a text of that name
 */
export function notices(metafiles) {
  const byText = new Map();
  const texts = new Map();
  const add = (key, text, line) => {
    const known = byText.get(key) ?? { text, lines: [] };
    known.lines.push(line);
    byText.set(key, known);
  };
  const without = [];
  for (const folder of foldersIn(metafiles)) {
    const about = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const files = readdirSync(folder).filter((name) => /^licen[cs]e(-mit)?(\.(md|txt))?$/i.test(name));
    if (files.length === 0) without.push(about);
    for (const file of [...files, ...[SECOND[about.name] ?? []].flat()]) {
      const { owners, terms } = partsOf(readFileSync(join(folder, file), 'utf8'));
      const key = terms.toLowerCase().replace(/[^a-z\d]+/g, ' ');
      texts.set(about.license, { key, terms });
      add(key, terms, `${about.name} ${about.version}. ${owners || `Copyright ${about.author}`}`);
    }
  }
  for (const { name, version, license, author } of without) {
    const text = texts.get(license);
    if (text === undefined) throw new Error(`${name} has no text of its licence, ${license}`);
    add(text.key, text.terms, `${name} ${version}. Copyright ${author}`);
  }
  const parts = [...byText.values()].map(({ text, lines }) => `${lines.join('\n')}\n\n${text}\n`);
  return `Code of these packages is part of this program, each under the terms below it.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

/** The folders of the packages that built files have code of, sorted. */
function foldersIn(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.keys(output.inputs)),
  );
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

/** A text of a licence in two parts: who has the copyright, in one line, and the terms, without their title. */
function partsOf(text) {
  const paragraphs = text
    .replaceAll('\r', '')
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim());
  const isCopyright = (paragraph) => /^\W*copyright\b/i.test(paragraph);
  const isTitle = (paragraph) => /^\W*(the )?\W*(mit|isc)\b.{0,20}$/i.test(paragraph);
  return {
    owners: paragraphs
      .filter(isCopyright)
      .map((one) => one.replace(/\s+/g, ' '))
      .join('; '),
    terms: paragraphs.filter((one) => !isCopyright(one) && !isTitle(one)).join('\n\n'),
  };
}
