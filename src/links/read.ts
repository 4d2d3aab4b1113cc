import { RegError } from '../errors.js';
import { checkYaml, keepAsText, type YamlProblem } from '../yaml/check.js';
import { readYaml, STRICT, type YamlFile } from '../yaml/read.js';
import { type Link, LinkSchema } from './schema.js';

/** A link file that was read: what it says, and where in the file it says it. */
export interface LinkFile {
  link: Link;
  yaml: YamlFile;
}

/** A link file that was read, or all that is wrong with it: it is no YAML, or YAML that says something else. */
export type LinkReading = LinkFile | { problems: YamlProblem[]; isYaml: boolean };

/** Reads a link file and tells everything that is wrong with it; never throws for what the file holds. */
export function inspectLink(bytes: Uint8Array, file: string): LinkReading {
  try {
    const yaml = linkYaml(bytes, file);
    const checked = checkYaml(yaml, LinkSchema);
    return 'value' in checked ? { link: checked.value, yaml } : { ...checked, isYaml: true };
  } catch (error) {
    if (!(error instanceof RegError) || error.place === undefined) throw error;
    const { line } = error.place;
    return {
      problems: [{ message: error.message.replace(`${file}:${line}: `, ''), line, hint: error.hint }],
      isYaml: false,
    };
  }
}

/**
 * Reads a link file.
 * @throws RegError INVALID_LINK, with file and line
 */
export function readLink(bytes: Uint8Array, file: string): LinkFile {
  const reading = inspectLink(bytes, file);
  if ('link' in reading) return reading;
  const [{ message, line, hint } = { message: 'it is not valid', line: 1, hint: undefined }] =
    reading.problems;
  throw new RegError('INVALID_LINK', `${file}:${line}: ${message}`, hint, { file, line });
}

const TEXTS: ReadonlySet<string> = new Set(['sha256', 'type', 'description']);

function linkYaml(bytes: Uint8Array, file: string): YamlFile {
  const yaml = readYaml(bytes, file, 'INVALID_LINK', STRICT);
  keepAsText(yaml, ([first = '', ...more]) => (more.length === 0 ? TEXTS.has(first) : first === 'source'));
  return yaml;
}
