import { isDeepStrictEqual } from 'node:util';
import { Document, isCollection, isMap, isScalar, type Node, type Pair, Scalar, type YAMLMap } from 'yaml';
import { utf8Text } from '../util/text.js';
import type { YamlFile } from './yaml.js';

/** Values by key. A value that is undefined is removed; in a mapping below the top, so is a key that is not there. */
type Values = Readonly<Record<string, unknown>>;

/**
 * Writes values into the text of a YAML mapping. Everything else stays as it is, letter by letter: line ends, a byte order mark, comments,
 * indentation, quotes, the order of keys, and a last line without an end. A value that is there already is not written again.
 * @param bytes those that the file was read from
 * @param isRight whether a text reads as it should; a file in a rare form, such as one with `? key`, is written as a whole where it does not
 */
export function editYaml(
  bytes: Uint8Array,
  { document }: YamlFile,
  values: Values,
  isRight: (text: string) => boolean,
): string {
  const text = utf8Text(bytes) ?? '';
  const mark = Buffer.from(bytes.subarray(0, BOM.length)).equals(BOM) ? '\ufeff' : '';
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const { contents } = document;
  const edited = isMap(contents) ? editsIn({ text, eol, document }, contents, values, true) : [];
  const spliced = splice(text, edited, eol);
  if (isRight(spliced)) return mark + spliced;
  for (const [key, value] of Object.entries(values))
    if (value === undefined) document.delete(key);
    else document.set(key, document.createNode(value));
  return mark + document.toString({ lineWidth: 0 }).replaceAll('\n', eol);
}

const BOM = Buffer.from('\ufeff');

/** A part of the text, from an offset to another, and what comes in its place; `lines` are whole lines after a line. */
interface Edit {
  from: number;
  to: number;
  text: string;
  lines?: boolean;
}

/** The text that is edited. */
interface Edited {
  text: string;
  /** How its lines end. */
  eol: string;
  document: Document.Parsed;
}

function splice(text: string, edits: readonly Edit[], eol: string): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, edit.from);
    if (edit.lines && result !== '' && !result.endsWith('\n')) result += eol;
    result += edit.text;
    at = Math.max(at, edit.to);
  }
  result += text.slice(at);
  return edits.length === 0 || text.endsWith('\n') ? result : result.replace(/\r?\n$/, '');
}

function editsIn(edited: Edited, map: YAMLMap, values: Values, isTop = false): Edit[] {
  const { text } = edited;
  const pairs = map.items as Pair<Node, Node | null>[];
  const known = new Set(pairs.map(nameOf));
  const edits = pairs.flatMap((pair): Edit[] => {
    const name = nameOf(pair);
    if (isTop && !Object.hasOwn(values, name)) return [];
    const value = values[name];
    if (value !== undefined) return editsOf(edited, pair, value, map.flow === true);
    return [{ from: lineStart(text, startOf(pair)), to: lineEnd(text, endOf(edited, pair)), text: '' }];
  });
  const added = Object.entries(values).filter(([key, value]) => value !== undefined && !known.has(key));
  const [first, last] = [pairs[0], pairs.at(-1)];
  if (added.length === 0 || first === undefined || last === undefined) return edits;
  if (map.flow) {
    const from = endOf(edited, last);
    const texts = added.map(([key, value]) => `, ${pairText(key, value, { isFlow: true })}`);
    return [...edits, { from, to: from, text: texts.join('') }];
  }
  const from = lineEnd(text, endOf(edited, last));
  const indent = text.slice(lineStart(text, startOf(first)), startOf(first));
  const lines = added.map(([key, value]) => indent + indented(pairText(key, value), indent, edited.eol));
  return [...edits, { from, to: from, text: lines.map((line) => line + edited.eol).join(''), lines: true }];
}

function editsOf(edited: Edited, pair: Pair<Node, Node | null>, value: unknown, isFlow: boolean): Edit[] {
  const { text, eol, document } = edited;
  const before = pair.value;
  if (before !== null && isDeepStrictEqual(structuredClone(before.toJS(document)), structuredClone(value)))
    return [];
  if (isMap(before) && isRecord(value) && keepsKeys(before, value)) return editsIn(edited, before, value);
  const [from = 0, to = from] = before?.range ?? [];
  const indent = text.slice(lineStart(text, startOf(pair)), startOf(pair));
  const isInFlow = isFlow || (isCollection(before) && before.flow === true);
  // a value of one line stays one, whatever comes behind it
  const wasBlock = isScalar(before) && before.type?.startsWith('BLOCK_') === true;
  const type = isScalar(before) && !wasBlock ? before.type : undefined;
  const written = pairText(PLACE, value, { isFlow: isInFlow, type, isOneLine: !wasBlock });
  const end = to > from && text[to - 1] === '\n' ? eol : '';
  const after = indented(written.slice(PLACE.length + 1), indent, eol) + end;
  if (isScalar(before) && to > from && after.startsWith(' ')) return [{ from, to, text: after.slice(1) }];
  const key = pair.key.range?.[1] ?? 0;
  return [{ from: key, to: endOf(edited, pair), text: `:${after}` }];
}

/** Whether a mapping can be edited key by key: in a flow no key goes, and some key stays or comes. */
function keepsKeys(before: YAMLMap, value: Values): boolean {
  const names = (before.items as Pair<Node>[]).map(nameOf);
  const isEmpty = names.length === 0 || Object.values(value).every((one) => one === undefined);
  return !isEmpty && (before.flow !== true || names.every((name) => value[name] !== undefined));
}

const isRecord = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nameOf = ({ key }: Pair<Node, unknown>): string => String(isScalar(key) ? key.value : key);

const startOf = ({ key }: Pair<Node, unknown>): number => key.range?.[0] ?? 0;

/** Where the last letter of a pair is, without a comment behind it. */
function endOf({ text }: Edited, { key, value }: Pair<Node, Node | null>): number {
  const end = lastOf(value);
  if (end !== undefined) return end;
  const keyEnd = key.range?.[1] ?? 0;
  const colon = text.indexOf(':', keyEnd);
  return colon < 0 ? keyEnd : colon + 1;
}

/** The end of a node; that of a block is the end of its last item, because the package counts comments after it too. */
function lastOf(node: unknown): number | undefined {
  const range = (node as Node | null)?.range;
  if (!isCollection(node) || node.flow || node.items.length === 0) return range?.[1];
  const last = node.items.at(-1) as Node | Pair<Node, Node | null>;
  if (!('key' in last)) return lastOf(last) ?? range?.[1];
  return lastOf(last.value) ?? last.key.range?.[1];
}

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

/** Where the line of an offset ends; an offset behind the end of a line is there. */
function lineEnd(text: string, at: number): number {
  if (text[at - 1] === '\n') return at;
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** A key that is written plainly. */
const PLACE = 'k';

/** How a value is written. */
interface PairStyle {
  isFlow?: boolean;
  /** The style of the scalar before it. */
  type?: Scalar.Type | undefined;
  isOneLine?: boolean;
}

/** A key and its value without the end of the last line; lines after the first are indented from the key on. */
function pairText(
  key: string,
  value: unknown,
  { isFlow = false, type, isOneLine = false }: PairStyle = {},
): string {
  const document = new Document({ [key]: value });
  const node = document.get(key, true);
  if (isScalar(node)) {
    const isLong = isOneLine && typeof value === 'string' && value.includes('\n');
    const chosen = isLong ? Scalar.QUOTE_DOUBLE : type;
    if (chosen !== undefined) node.type = chosen;
  }
  if (isCollection(node) && isFlow) node.flow = true;
  const map = document.contents as YAMLMap;
  map.flow = isFlow && !isCollection(node);
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return map.flow ? text.replace(/^\{ (.*) \}\n$/s, '$1') : text.slice(0, -1);
}

const indented = (text: string, indent: string, eol: string): string =>
  text
    .split('\n')
    .map((line, index) => (index > 0 && line !== '' ? indent + line : line))
    .join(eol);
