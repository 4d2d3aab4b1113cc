import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectAllowed } from './support/allowed.js';

const ROOT = new URL('../', import.meta.url);

/** One source file: its path below `src/`, its text, and what it imports, files by path and packages by name. */
interface Source {
  path: string;
  text: string;
  imports: readonly string[];
  /** Those of `imports` that run when the file is loaded or used: all but `import type` and `export type`. */
  values: ReadonlySet<string>;
}

function readSource(path: string): Source {
  const text = readFileSync(new URL(`src/${path}`, ROOT), 'utf8');
  const found = [
    ...text.matchAll(/^(?:import|export)(\s+type)?\b[^;]*?\bfrom '([^']+)'|\bimport\(?\s*'([^']+)'/gm),
  ].map(([, type, named, lazy]) => ({
    isValue: type === undefined,
    target: fileOf(named ?? lazy ?? '', path),
  }));
  return {
    path,
    text,
    imports: found.map(({ target }) => target),
    values: new Set(found.filter(({ isValue }) => isValue).map(({ target }) => target)),
  };
}

/** What an import names: a file by its path below `src/`, or a package, or the text of a built file. */
function fileOf(specifier: string, importer: string): string {
  if (!specifier.startsWith('.') || specifier.endsWith('?raw')) return `package:${specifier}`;
  const path = posix.join(posix.dirname(importer), specifier).replace(/\.js$/, '');
  return `${path}${existsSync(new URL(`src/${path}.tsx`, ROOT)) ? '.tsx' : '.ts'}`;
}

const SOURCES = readdirSync(new URL('src/', ROOT), { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /(?<!\.d)\.tsx?$/.test(path))
  .map(readSource);

const within =
  (...folders: string[]) =>
  (path: string) =>
    folders.some((one) => path === one || path.startsWith(`${one}/`));

/** The imports, of the files that are meant, that a rule does not allow. */
function strays(
  meant: (path: string) => boolean,
  allowed: (target: string, path: string) => boolean,
): string[] {
  const files = SOURCES.filter(({ path }) => meant(path));
  expect(files.length, 'the rule is about files that are there').toBeGreaterThan(0);
  return files.flatMap(({ path, imports }) =>
    imports.filter((target) => !allowed(target, path)).map((target) => `${path} imports ${target}`),
  );
}

const isPackage = (target: string): boolean => target.startsWith('package:');
const isEdge = within(
  'git/program',
  'git/files',
  'git/remote',
  'git/open.ts',
  'git/open-with-git.ts',
  'git/open-without-git.ts',
);

/** What of `util` computes alone. */
const PURE = ['util/address.ts', 'util/oid.ts', 'util/shell.ts', 'util/text.ts'];

describe('who may import whom', () => {
  it('imports are read', () => {
    expect(SOURCES.length).toBeGreaterThan(50);
    expect(readSource('domain/actions.ts').imports).toContain('domain/plan.ts');
    expect(SOURCES.flatMap(({ imports }) => imports)).toContain('package:commander');
    const missing = SOURCES.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !isPackage(target) && !SOURCES.some((one) => one.path === target))
        .map((target) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('what everything is made of knows nothing of the rest', () => {
    expect(
      strays(within('util'), (target) => isPackage(target) || within('util', 'errors.ts')(target)),
    ).toEqual([]);
  });

  it('the core is pure: errors and packages that compute', () => {
    const packages = within('package:semver', 'package:fastest-levenshtein');
    expect(
      strays(
        within('domain'),
        (target) => within('domain', ...PURE, 'errors.ts')(target) || packages(target),
      ),
    ).toEqual([]);
  });

  it('formats are bytes and values', () => {
    const allowed = within('formats', 'domain/suggest.ts', 'errors.ts', 'package:node:os', ...PURE);
    expect(strays(within('formats'), allowed)).toEqual([]);
  });

  it('files that people write and tools leave are text and values: no adapter, registry or command line', () => {
    const allowed = within('documents', 'domain', 'errors.ts', ...PURE);
    expect(strays(within('documents'), (target) => isPackage(target) || allowed(target))).toEqual([]);
  });

  it('adapters know the port, the core and their own kind', () => {
    const shared = within(
      'domain',
      'errors.ts',
      'documents/git-config.ts',
      'net',
      'util',
      'git/port.ts',
      'git/tag-object.ts',
      'git/tree-object.ts',
      'net',
    );
    const own = (target: string, path: string): boolean =>
      ['git/program', 'git/remote', 'git/files'].some((one) => within(one)(path) && within(one)(target));
    const adapters = within('git/program', 'git/remote', 'git/files');
    expect(
      strays(adapters, (target, path) => isPackage(target) || shared(target) || own(target, path)),
    ).toEqual([]);
    expect(
      strays(
        within('git/port.ts', 'git/tag-object.ts', 'git/tree-object.ts'),
        (target) => isPackage(target) || shared(target),
      ),
    ).toEqual([]);
  });

  it('one file talks to the git program', () => {
    const importers = SOURCES.filter(({ imports }) => imports.some(within('package:simple-git'))).map(
      ({ path }) => path,
    );
    expect(importers).toEqual(['git/program/run.ts']);
  });

  it('one file knows isomorphic-git', () => {
    const importers = SOURCES.filter(({ imports }) => imports.some(within('package:isomorphic-git')));
    expect(importers.map(({ path }) => path)).toEqual(['git/files/index-pack.ts']);
  });

  it('registry, loading, validation and sources know no adapter', () => {
    const meant = within('registry', 'validate', 'doctor', 'stores', 'formats', 'models', 'net', 'site');
    expect(strays(meant, (target) => !isEdge(target))).toEqual([]);
  });

  it('the command line imports no adapter, and no other folder imports the command line', () => {
    expect(strays(within('cli'), (target) => !isEdge(target))).toEqual([]);
    expect(
      strays(
        (path) => !within('cli')(path),
        (target) => !within('cli')(target),
      ),
    ).toEqual([]);
  });

  it('what runs in a browser computes and draws, and takes no more than shapes from elsewhere', () => {
    const packages = within('package:preact', 'package:d3-time', 'package:d3-shape');
    const computing = within('domain/differences.ts', ...PURE);
    const shapes = within('registry/rows.ts');
    const drawnByTheServer = (target: string, path: string): boolean =>
      path === 'site/web/render.tsx' && target === 'package:preact-render-to-string';
    expect(
      strays(
        within('site/web'),
        (target, path) =>
          [within('site/web'), packages, computing, shapes].some((fits) => fits(target)) ||
          drawnByTheServer(target, path),
      ),
    ).toEqual([]);
  });

  it('only what runs in a browser knows one', () => {
    const knowing = SOURCES.filter(({ text }) =>
      /\b(?:document\.(?:getElementById|querySelector|documentElement)|window\.|localStorage|navigator\.)/.test(
        code(text),
      ),
    );
    expect(knowing.filter(({ path }) => !within('site/web')(path)).map(({ path }) => path)).toEqual([]);
  });
});

const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

describe('style', () => {
  it('few files know processes, and none other the clock', () => {
    const touching = SOURCES.filter(({ text }) =>
      /'(?:node:)?process'|\bprocess\.|\bDate\.now\b|\bnew Date\(\)|\bglobalThis\b/.test(code(text)),
    );
    expect(touching.map(({ path }) => path).sort()).toEqual([
      'cli/start.ts',
      'cli/world.ts',
      'git/program/locks.ts',
      'git/program/run.ts',
      'host.ts',
      'stores/sftp.ts',
      'util/files.ts',
      'util/safe-files.ts',
    ]);
  });

  it('what a file exports as a function says what it does', () => {
    const bare = SOURCES.flatMap(({ path, text }) => {
      const lines = text.split('\n');
      return lines.flatMap((line, index) => {
        const name =
          /^export (?:async )?function\*? (\w+)/.exec(line)?.[1] ?? arrowName(line, lines[index + 1] ?? '');
        if (name === undefined || lines[index - 1]?.trimEnd().endsWith('*/')) return [];
        return name === 'run' && path.startsWith('cli/commands/') ? [] : [`${path}: ${name}`];
      });
    });
    expect(bare).toEqual([]);
  });

  it('files have small names, and say in them what they are about', () => {
    const odd = SOURCES.map(({ path }) => path).filter(
      (path) =>
        !/^(?:[a-z0-9]+(?:-[a-z0-9]+)*\/)*[a-z0-9]+(?:-[a-z0-9]+)*\.tsx?$/.test(path) ||
        /\b(?:utils|helpers?)\b/.test(path),
    );
    expect(odd).toEqual([]);
  });
});

/** The name of an exported constant that is a function, which may begin on the next line. */
function arrowName(line: string, next: string): string | undefined {
  const name = /^export const (\w+)/.exec(line)?.[1];
  return name !== undefined && /=>|= (?:async )?(?:<|\()/.test(line.endsWith('=') ? next : line)
    ? name
    : undefined;
}

/** The folders of `src/`, and the files at its top, in layers: each imports from those before it, none beside. */
const LAYERS = [
  ['errors'],
  ['util'],
  ['domain'],
  ['net', 'documents', 'formats'],
  ['git', 'stores'],
  ['models'],
  ['evidence'],
  ['registry'],
  ['checks', 'exchange', 'site'],
  ['serve'],
  ['host'],
  ['open'],
  ['api', 'cli'],
  ['index'],
];

/**
 * Parts of a folder with rules of their own: what they import beside themselves, and what of the layers before the folder:
 * all, or types alone.
 */
const PARTS: Readonly<Record<string, { also: readonly string[]; before: 'all' | 'types' }>> = {
  ...Object.fromEntries(
    ['git/program', 'git/files'].map((part) => [
      part,
      { also: ['git/port', 'git/location', 'git/tag-object', 'git/tree-object'], before: 'all' },
    ]),
  ),
  ...Object.fromEntries(
    ['git/remote/transport-git', 'git/remote/transport-http'].map((part) => [
      part,
      {
        also: ['git/port', 'git/remote/transport', 'git/remote/protocol-v2', 'git/remote/protocol-dumb'],
        before: 'all',
      },
    ]),
  ),
  'site/web': { also: ['domain', 'util/oid', 'util/shell', 'util/text'], before: 'types' },
  index: { also: ['api'], before: 'types' },
};

const isIn = (path: string, place: string): boolean =>
  path.startsWith(`${place}/`) || path.startsWith(`${place}.`);
const folderOf = (path: string): string => /^[^/.]+/.exec(path)?.[0] ?? '';
/** Where a file lives: in a part with rules of its own, or in a folder. */
const placeOf = (path: string): string =>
  Object.keys(PARTS).find((part) => isIn(path, part)) ?? folderOf(path);
const layerOf = (path: string): number => LAYERS.findIndex((layer) => layer.includes(folderOf(path)));

/** Whether a file may import another, or its types. A folder of no layer may neither import nor be imported. */
function mayImport(path: string, target: string, isValue = true): boolean {
  const place = placeOf(path);
  if (place === placeOf(target)) return true;
  const part = PARTS[place];
  if (part?.also.some((one) => isIn(target, one))) return true;
  const isBefore = layerOf(target) >= 0 && layerOf(target) < layerOf(path);
  if (part !== undefined) return isBefore && (part.before === 'all' || !isValue);
  return isBefore || (layerOf(path) >= 0 && folderOf(path) === folderOf(target));
}

describe('what writes files', () => {
  /** The calls of node:fs that write, remove or rename, or can. */
  const WRITES =
    /\b(appendFile|chmod|copyFile|cp|createWriteStream|link|lutimes|mkdir|mkdtemp|open|rename|rm|rmdir|symlink|truncate|unlink|writeFile|promises)(Sync)?\b/;
  /** The one module that does, and the others with the reason why they may. */
  const MAY_WRITE: Readonly<Record<string, string>> = {
    'util/safe-files.ts': 'every other file goes through it',
    'util/files.ts': 'open: synchronises a folder',
    'cli/job-outputs.ts': 'appendFile: to the files that the workflow names',
    'git/files/history.ts': 'writeFile: in a bare repository of the cache',
    'git/files/index-pack.ts': 'in a bare repository of the cache',
    'git/files/objects.ts': 'open: reads',
    'git/files/pack.ts': 'open: reads',
    'git/files/refs.ts': 'in a bare repository of the cache',
    'git/program/restore.ts': 'the folder of git, and a repository of its own for what comes from a remote',
    'git/program/signatures.ts': 'a folder of its own for temporary files',
    'git/program/locks.ts': 'the locks of the folder of git, and who holds them',
    'git/remote/cache.ts': 'link: packs inside the cache',
  };

  it('is one module, which follows no symbolic link, and few others with a reason', () => {
    const writers = SOURCES.filter(({ text }) =>
      [...text.matchAll(/import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g)].some(([, names = '']) =>
        names.split(',').some((name) => !/^\s*type /.test(name) && WRITES.test(name)),
      ),
    ).map(({ path }) => path);
    expect(writers.sort()).toEqual(Object.keys(MAY_WRITE).sort());
    expect(
      SOURCES.filter(({ text }) => /import\('node:fs|require\(|\* as \w+ from 'node:fs/.test(text)),
    ).toEqual([]);
  });
});

describe('the arrows between folders', () => {
  it('those that point the wrong way get fewer; lazy imports count, and types too except in two parts', () => {
    const counts: Record<string, Record<string, number>> = {};
    for (const { path, imports, values } of SOURCES)
      for (const target of imports) {
        if (isPackage(target) || mayImport(path, target, values.has(target))) continue;
        const [from, to] = [placeOf(path), placeOf(target)];
        counts[from] = { ...counts[from], [to]: (counts[from]?.[to] ?? 0) + 1 };
      }
    expectAllowed('arrows-allowed.json', counts, () => 'imports against the arrows');
  });

  it.each([
    ['git/open.ts', 'git/program/run.ts'],
    ['git/program/run.ts', 'git/port.ts'],
    ['git/remote/repository.ts', 'git/remote/transport-git.ts'],
    ['registry/read.ts', 'domain/state.ts'],
    ['domain/state.ts', 'errors.ts'],
    ['site/write.ts', 'site/web/app.tsx'],
    ['site/web/app.tsx', 'domain/timeline.ts'],
    ['index.ts', 'api.ts'],
    ['cli/main.ts', 'open.ts'],
  ])('%s may import %s', (path, target) => expect(mayImport(path, target)).toBe(true));

  it.each([
    ['domain/state.ts', 'registry/read.ts'],
    ['git/open.ts', 'stores/open.ts'],
    ['git/program/run.ts', 'git/files/store.ts'],
    ['git/remote/transport-git.ts', 'git/remote/transport-http.ts'],
    ['site/web/app.tsx', 'site/data.ts'],
    ['index.ts', 'registry/rows.ts'],
    ['cli/main.ts', 'api.ts'],
    ['registry/read.ts', 'elsewhere/version.ts'],
    ['elsewhere/version.ts', 'domain/state.ts'],
  ])('%s may not import %s', (path, target) => expect(mayImport(path, target)).toBe(false));

  it('the page and the face of the package import types of all that they show', () => {
    expect(mayImport('site/web/app.tsx', 'registry/rows.ts', false)).toBe(true);
    expect(mayImport('index.ts', 'registry/rows.ts', false)).toBe(true);
    expect(mayImport('site/web/app.tsx', 'cli/main.ts', false)).toBe(false);
  });
});
