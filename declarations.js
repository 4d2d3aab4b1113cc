import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Leaves of the declarations that tsc wrote what the types of the library lead to. The rest names packages and types of Node that a program
 * need not have, and has no reader.
 * @param folder where `index.d.ts` is
 */
export function keepReachableTypes(folder) {
  const files = new Map();
  const fileAt = (path) => {
    if (!files.has(path)) files.set(path, statementsOf(path, readFileSync(path, 'utf8')));
    return files.get(path);
  };
  /** A declaration, by the name that its file exports or declares it under. */
  const reach = (path, name) => {
    for (const one of fileAt(path)) {
      const target = one.names.get(name);
      if (target === undefined || one.kept.has(name)) continue;
      one.kept.add(name);
      if (one.from?.startsWith('.')) {
        const source = join(dirname(path), one.from.replace(/\.js$/, '.d.ts'));
        // of a namespace, the names behind a dot are reached where they stand
        if (target !== '*') reach(source, target);
      } else if (one.from === undefined) reachAll(path, one);
    }
  };
  const reachAll = (path, { code, names, isList }) => {
    if (isList) for (const local of names.values()) reach(path, local);
    for (const [, qualifier, name] of code.matchAll(
      /(?<![\w$.])([A-Za-z_$][\w$]*)(?:\.([\w$]+))?(?!\??:|[\w$]|\??\()/g,
    )) {
      reach(path, qualifier);
      const space = fileAt(path).find((one) => one.from?.startsWith('.') && one.names.get(qualifier) === '*');
      if (space !== undefined && name !== undefined)
        reach(join(dirname(path), space.from.replace(/\.js$/, '.d.ts')), name);
    }
    for (const [, from, name] of code.matchAll(/import\('(\.[^']+)\.js'\)\.([\w$]+)/g))
      reach(join(dirname(path), `${from}.d.ts`), name);
  };
  const index = join(folder, 'index.d.ts');
  for (const { names } of fileAt(index)) for (const name of names.keys()) reach(index, name);
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!name.endsWith('.d.ts')) continue;
    const text = (files.get(path) ?? []).map(written).join('');
    if (text === '') rmSync(path);
    else writeFileSync(path, BELOW.test(path) ? text.replace(/\/\*\*[\s\S]*?\*\/\n?/g, '') : text);
  }
}

/** The folders below the calls: their types are reached by name alone, so that their comments are left out of the package. */
const BELOW = /\/types\/(documents|formats|git|models|net|stores|util)\//;

/**
 * The statements of a declaration file as tsc lays it out: each begins at the start of a line, behind its comment.
 * `names` leads from the names that a statement gives to those that it has them from; `*` is a whole module.
 */
function statementsOf(path, text) {
  return text.split(STATEMENT).flatMap((statement) => {
    const code = statement.replace(/\/\*[\s\S]*?\*\//g, '').trim();
    if (code === '' || code === 'export {};') return [];
    const [, list] = /^(?:import|export)(?: type)? \{([^}]*)\}/s.exec(code) ?? [];
    const from = /^(?:import|export)\b[^;]* from '([^']+)';$/s.exec(code)?.[1];
    const names = new Map();
    if (list !== undefined)
      for (const item of list
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean)) {
        const [, there, here = there] = /^(?:type )?([\w$]+)(?: as ([\w$]+))?$/.exec(item);
        names.set(here, there);
      }
    else {
      const name =
        /^import(?: type)? \* as ([\w$]+)/.exec(code)?.[1] ??
        /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|const|function|class|enum) ([\w$]+)/.exec(
          code,
        )?.[1];
      if (name === undefined) throw new Error(`${path}: a declaration of an unknown form: ${code}`);
      names.set(name, from === undefined ? name : '*');
    }
    // texts name nothing
    const plain = code.replace(/(?<!import\()'[^'\n]*'/g, "''");
    return [{ statement, code: plain, names, from, isList: list !== undefined, kept: new Set() }];
  });
}

/** Where a statement begins, with its comment; a comment may stand inside one, too. */
const STATEMENT =
  /(?<!\*\/\n)^(?=(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?:export|import|declare|interface|type|const)\b)/m;

/** What is left of a statement. */
function written({ statement, names, from, isList, kept }) {
  if (kept.size === 0) return '';
  // where the types of Node are not installed, what comes from them is `any`
  if (from?.startsWith('node:')) return `// @ts-ignore\n${statement}`;
  if (!isList || kept.size === names.size) return statement;
  const items = [...kept].map((here) => (names.get(here) === here ? here : `${names.get(here)} as ${here}`));
  const [, word] = /^(import|export)/m.exec(statement);
  return `${word} type { ${items.join(', ')} }${from === undefined ? '' : ` from '${from}'`};\n`;
}
