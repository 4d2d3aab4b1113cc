import { posix } from 'node:path';
import { RegError } from '../errors.js';
import { isMapping, keepNumbers, parameters, Unresolved } from './dvc-parameters.js';
import { PythonNumber } from './python-number.js';
import type { YamlFile } from './yaml.js';

// The templates of a dvc.yaml: `${…}`, `vars`, `foreach`, `matrix` (DVC, "Templating"; its package dvc.parsing is the rule).

/** A mapping of a file of DVC, without any check of its values. */
export type DvcContent = Readonly<Record<string, unknown>>;

/** A `dvc.yaml` with its templates filled in. */
export interface Pipeline {
  /** Stages by their full names, such as `train@large`. A part that cannot be resolved is left as it is written. */
  content: DvcContent;
  /** What cannot be resolved: DVC refuses the whole file then. */
  problems: readonly RegError[];
}

/** Gives the bytes of a file by its path from the top of the repository; undefined without it. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

/** The most stages that templates may make, and the most characters that they may grow to. */
const MAX_STAGES = 10_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * Fills in the templates of a `dvc.yaml`. Files of parameters are read only where there is a template.
 * @param yaml as `readYaml` gives it with `LIMITS`
 * @param file its path from the top of the repository
 */
export async function resolveTemplates(yaml: YamlFile, file: string, read: ReadFile): Promise<Pipeline> {
  keepNumbers(yaml);
  const content = yaml.content() ?? {};
  if (!isMapping(content))
    throw new RegError('SOURCE_UNSUPPORTED', `${file} is not a file of DVC: it holds no keys`);
  if (!hasTemplates(content)) return { content: unwrapped(content) as DvcContent, problems: [] };
  const resolver = new Resolver(file, read);
  return {
    content: unwrapped(await resolver.resolveFile(content)) as DvcContent,
    problems: resolver.problems,
  };
}

/** Plain values again: numbers of JavaScript. */
function unwrapped(value: unknown): unknown {
  if (value instanceof PythonNumber) return value.value;
  if (Array.isArray(value)) return value.map(unwrapped);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, unwrapped(one)]));
}

function hasTemplates(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${');
  if (Array.isArray(value)) return value.some(hasTemplates);
  if (!isMapping(value)) return false;
  return Object.entries(value).some(
    ([key, one]) => key === 'foreach' || key === 'matrix' || key.includes('${') || hasTemplates(one),
  );
}

/** The variables of a file or a stage, and which files they came from: all of one, or some of its keys. */
interface Context {
  values: Record<string, unknown>;
  imports: Map<string, string[] | 'all'>;
}

class Resolver {
  readonly problems: RegError[] = [];
  private readonly folder: string;
  private stages = 0;
  private characters = 0;

  constructor(
    private readonly file: string,
    private readonly read: ReadFile,
  ) {
    this.folder = posix.dirname(file);
  }

  async resolveFile(content: DvcContent): Promise<DvcContent> {
    const context: Context = { values: {}, imports: new Map() };
    await this.attempt('vars', async () => {
      if ((await this.read(posix.join(this.folder, PARAMS))) !== undefined)
        await this.load(context, PARAMS, this.folder);
    });
    await this.attempt('vars', () => this.loadVars(context, content.vars, this.folder));
    const top: Record<string, unknown> = { ...content };
    if (isMapping(content.stages)) top.stages = await this.resolveStages(content.stages, context);
    if (isMapping(content.artifacts)) top.artifacts = await this.resolveArtifacts(content.artifacts, context);
    for (const section of ['metrics', 'params', 'plots', 'datasets']) {
      const given = content[section];
      if (given !== undefined)
        top[section] = await this.attempt(section, async () => this.fill(given, context.values), given);
    }
    return top;
  }

  /** Does one part; a failure becomes a problem, and the part is as given. */
  private async attempt<T>(where: string, work: () => Promise<T>, otherwise?: T): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unresolved)) throw error;
      this.problems.push(
        new RegError(
          'SOURCE_UNSUPPORTED',
          `${this.file}: ${where}: ${error.message}`,
          'correct the template, or the file of parameters: dvc stage list',
        ),
      );
      return otherwise;
    }
  }

  private async resolveArtifacts(artifacts: DvcContent, { values }: Context): Promise<DvcContent> {
    const resolved: [string, unknown][] = [];
    for (const [name, entry] of Object.entries(artifacts))
      resolved.push(
        (await this.attempt<[string, unknown]>(
          `artifacts.${name}`,
          async () => [String(this.fillText(name, values)), this.fill(entry, values)],
          [name, entry],
        )) ?? [name, entry],
      );
    return Object.fromEntries(resolved);
  }

  private async resolveStages(stages: DvcContent, context: Context): Promise<DvcContent> {
    const resolved: [string, unknown][] = [];
    for (const [name, stage] of Object.entries(stages)) {
      const made = await this.attempt(`stages.${name}`, async () => {
        if (!isMapping(stage)) throw new Unresolved('it is no mapping');
        return this.resolveStage(name, stage, context);
      });
      resolved.push(...(made ?? [[name, stage] satisfies [string, unknown]]));
    }
    return Object.fromEntries(resolved);
  }

  private async resolveStage(
    name: string,
    stage: DvcContent,
    context: Context,
  ): Promise<[string, DvcContent][]> {
    if (stage.matrix !== undefined) {
      const { matrix, ...template } = stage;
      return this.eachOf(name, template, context, this.combinations(this.fill(matrix, context.values)), true);
    }
    if (stage.foreach === undefined) return [[name, await this.resolveOne(name, stage, context)]];
    if (!isMapping(stage.do)) throw new Unresolved('foreach has no do');
    const data = this.fill(stage.foreach, context.values);
    if (Array.isArray(data)) {
      const isComposite = data.some((one) => isMapping(one) || Array.isArray(one));
      const items = data.map((one, index): [string, unknown] => [
        isComposite ? String(index) : textOf(one),
        one,
      ]);
      return this.eachOf(name, stage.do, context, items, false);
    }
    if (!isMapping(data)) throw new Unresolved('foreach is neither a list nor a mapping');
    return this.eachOf(name, stage.do, context, Object.entries(data), true);
  }

  private async eachOf(
    name: string,
    template: DvcContent,
    context: Context,
    items: readonly [string, unknown][],
    hasKey: boolean,
  ): Promise<[string, DvcContent][]> {
    const made: [string, DvcContent][] = [];
    // of two items with one key the last counts, as in Python
    for (const [key, item] of new Map(items)) {
      const values = { ...context.values, item, ...(hasKey ? { key } : {}) };
      const full = `${name}@${key}`;
      made.push([
        full,
        await this.resolveOne(full, template, { ...context, values }, hasKey ? ['item', 'key'] : ['item']),
      ]);
    }
    return made;
  }

  private combinations(matrix: unknown): [string, unknown][] {
    if (!isMapping(matrix)) throw new Unresolved('matrix is no mapping');
    let all: { key: string[]; item: [string, unknown][] }[] = [{ key: [], item: [] }];
    for (const [name, values] of Object.entries(matrix)) {
      if (!Array.isArray(values)) throw new Unresolved(`matrix.${name} is no list`);
      if (all.length * values.length > MAX_STAGES) throw new Unresolved(TOO_MANY);
      all = all.flatMap(({ key, item }) =>
        values.map((value, index) => ({
          key: [...key, isMapping(value) || Array.isArray(value) ? `${name}${index}` : textOf(value)],
          item: [...item, [name, value] satisfies [string, unknown]],
        })),
      );
    }
    return all.map(({ key, item }) => [key.join('-'), Object.fromEntries(item)]);
  }

  private async resolveOne(
    name: string,
    { vars, ...stage }: DvcContent,
    context: Context,
    reserved: readonly string[] = [],
  ): Promise<DvcContent> {
    this.stages += 1;
    if (this.stages > MAX_STAGES) throw new Unresolved(TOO_MANY);
    let own = context;
    if (vars !== undefined) {
      own = { values: { ...context.values }, imports: new Map(context.imports) };
      const wdir = stage.wdir === undefined ? '' : textOf(this.fill(stage.wdir, context.values));
      await this.loadVars(own, vars, posix.join(this.folder, wdir), reserved);
    }
    const filled: [string, unknown][] = [];
    for (const [key, value] of Object.entries(stage))
      filled.push([
        key,
        await this.attempt(`stages.${name}.${key}`, async () => this.fill(value, own.values, key), value),
      ]);
    return Object.fromEntries(filled);
  }

  private async loadVars(
    context: Context,
    vars: unknown,
    wdir: string,
    reserved: readonly string[] = [],
  ): Promise<void> {
    if (vars === undefined || vars === null) return;
    if (!Array.isArray(vars)) throw new Unresolved('vars is no list');
    for (const one of vars) {
      if (typeof one === 'string') {
        if (PLACEHOLDER.test(one)) throw new Unresolved(`'${one}': vars may hold no template`);
        await this.load(context, one, wdir, reserved);
      } else if (isMapping(one)) mergeInto(context.values, one, reserved);
      else throw new Unresolved('an item of vars is neither a file nor a mapping');
    }
  }

  /** Adds the values of a file, `params.yaml`, or of some of its keys, `params.yaml:model,data`. */
  private async load(
    { values, imports }: Context,
    item: string,
    wdir: string,
    reserved: readonly string[] = [],
  ): Promise<void> {
    const [name = '', ...more] = item.split(':');
    const keys = more.join(':').split(',').filter(Boolean);
    const path = posix.normalize(posix.join(wdir, name));
    const before = imports.get(path);
    if (before !== undefined) {
      if (keys.length === 0 && before === 'all') return;
      if (keys.length === 0 || before === 'all' || keys.some((key) => before.includes(key)))
        throw new Unresolved(`'${item}' is loaded already`);
    }
    const data = await this.valuesIn(path);
    for (const key of keys)
      if (!Object.hasOwn(data, key)) throw new Unresolved(`there is no '${key}' in ${path}`);
    mergeInto(
      values,
      keys.length === 0 ? data : Object.fromEntries(keys.map((key) => [key, data[key]])),
      reserved,
    );
    imports.set(path, keys.length === 0 ? 'all' : [...((before as string[] | undefined) ?? []), ...keys]);
  }

  private async valuesIn(path: string): Promise<DvcContent> {
    if (path.startsWith('../') || posix.isAbsolute(path))
      throw new Unresolved(`${path} lies outside the repository`);
    const bytes = await this.read(path);
    if (bytes === undefined) throw new Unresolved(`there is no ${path}`);
    const data = parameters(bytes, path);
    if (isMapping(data)) return data;
    throw new Unresolved(`${path} is no mapping`);
  }

  /** Fills in a value, with its keys, as `Context.resolve` does. */
  private fill(value: unknown, values: DvcContent, key?: string): unknown {
    if (typeof value === 'string') return this.fillText(value, values, key);
    if (Array.isArray(value)) return value.map((one) => this.fill(one, values, key));
    if (!isMapping(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        textOf(this.fillText(name, values, key)),
        this.fill(one, values, key),
      ]),
    );
  }

  private fillText(text: string, values: DvcContent, key?: string): unknown {
    const whole = /^\$\{([^}]*)\}$/.exec(text);
    if (whole) return this.checked(selected(values, whole[1] ?? ''), key);
    const filled = text
      .replaceAll(new RegExp(PLACEHOLDER, 'g'), (_, inner: string) =>
        asText(this.checked(selected(values, inner), key), key),
      )
      .replaceAll('\\${', '${');
    this.characters += filled.length;
    if (this.characters > MAX_CHARACTERS) throw new Unresolved('its templates grow too long');
    return filled;
  }

  /** Refuses data where DVC takes only a text or a number. */
  private checked(value: unknown, key: string | undefined): unknown {
    const isData = isMapping(value) || Array.isArray(value);
    if (!isData || key === undefined || (isMapping(value) && key === 'cmd')) return value;
    throw new Unresolved(`a ${Array.isArray(value) ? 'list' : 'mapping'} cannot be put there`);
  }
}

const PARAMS = 'params.yaml';
const PLACEHOLDER = /(?<!\\)\$\{(.*?)\}/;
const TOO_MANY = `it makes more than ${MAX_STAGES} stages`;

/** `name`, and further `.name` or `[index]` (dvc.parsing.interpolate, `get_parser`). */
const EXPRESSION = /^[^.[\]]+(\.[^.[\]]+|\[[^.[\]]+\])*$/;

function selected(values: DvcContent, expression: string): unknown {
  if (!EXPRESSION.test(expression)) throw new Unresolved(`\${${expression}} cannot be read`);
  let value: unknown = values;
  for (const part of expression.replaceAll('[', '.').replaceAll(']', '').split('.')) {
    const name = part.trim();
    const list = Array.isArray(value) ? value : undefined;
    if (list && !/^[-+]?\d+$/.test(name)) throw new Unresolved(`'${name}' of \${${expression}} is no index`);
    value = list
      ? list.at(Number(name))
      : isMapping(value) && Object.hasOwn(value, name)
        ? value[name]
        : undefined;
    if (value === undefined) throw new Unresolved(`there is no value for \${${expression}}`);
  }
  return value;
}

/** Adds values to others. A name may be given once; mappings grow together. */
function mergeInto(into: Record<string, unknown>, update: DvcContent, reserved: readonly string[]): void {
  for (const [key, value] of Object.entries(update)) {
    if (reserved.includes(key)) throw new Unresolved(`'${key}' is the name of an item here`);
    const before = Object.hasOwn(into, key) ? into[key] : undefined;
    if (isMapping(before) && isMapping(value)) {
      const grown = { ...before };
      mergeInto(grown, value, []);
      into[key] = grown;
    } else if (before !== undefined) throw new Unresolved(`'${key}' is given twice`);
    else into[key] = value;
  }
}

/** A value as Python's `str` prints it, and a boolean as DVC does. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value instanceof PythonNumber) return value.text;
  return String(value);
}

/** A value inside a text; for a command a mapping becomes options (dvc.parsing.interpolate, `to_str`). */
function asText(value: unknown, key: string | undefined): string {
  if (!isMapping(value)) {
    if (Array.isArray(value)) throw new Unresolved('a list cannot be put into a text');
    return textOf(value);
  }
  if (key !== 'cmd') throw new Unresolved('a mapping cannot be put into a text');
  return flattened(value)
    .flatMap(([name, one]) => {
      if (typeof one === 'boolean') return one ? [`--${name}`] : [];
      if (Array.isArray(one)) return one.length === 0 ? [] : [`--${name}`, ...one.map(quoted)];
      return [`--${name}`, quoted(one)];
    })
    .join(' ');
}

const flattened = (values: DvcContent, before = ''): [string, unknown][] =>
  Object.entries(values).flatMap(([name, value]): [string, unknown][] =>
    isMapping(value) ? flattened(value, `${before}${name}.`) : [[before + name, value]],
  );

/** A word of a command line, as Python's `shlex.quote` has it. */
function quoted(value: unknown): string {
  const text = textOf(value);
  if (typeof value !== 'string' || /^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
