import type { Repository, Sandbox } from './repo.js';

/** What its files hold. */
export const CHURN = { v1: 'churn, the first', v2: 'churn, the second and longer one' } as const;

/** The files of the folder `teams:llm`, with names that clients have to escape. */
export const LLM: Readonly<Record<string, string>> = {
  'config.json': '{"model_type": "llm"}\n',
  'empty.txt': '',
  'UPPER/a.txt': 'upper',
  'upper/b.txt': 'lower',
  'sub/with space.txt': 'space',
  'sub/a+b.txt': 'plus',
  'sub/a#b.txt': 'hash',
  'sub/per%20cent.txt': 'percent',
  'sub/ünïcode.txt': 'unicode',
  'sub/deep/er/model.bin': 'deep',
};

/**
 * Makes a registry whose models git itself has. `churn` has v1.0.0 in `prod` and `eu/prod`, v1.1.0 in `dev`, and v2.0.0, which was
 * deregistered; `teams:llm` is a folder, v0.1.0 in `prod`; `eu/credit:risk` has v1.0.0; `open` has a link that is not pinned, and
 * `bare` no link.
 */
export function servedRegistry(box: Sandbox, name = 'registry'): Repository {
  const registry = box.repository(name);
  const files = Object.entries(LLM).map(([path, text]) => [`models/llm/${path}`, text] as const);
  registry.commit({
    'models/churn.bin': CHURN.v1,
    'churn.model.yaml': 'source: {path: models/churn.bin}\ndescription: who leaves\nlabels: {team: risk}\n',
    'teams/llm.model.yaml': 'source: {path: models/llm}\n',
    'eu/credit/risk.model.yaml': 'source: {path: models/churn.bin}\n',
    'open.model.yaml': 'source: {repo: ../elsewhere, path: model.bin}\n',
    ...Object.fromEntries(files),
  });
  for (const tag of [
    'churn@v1.0.0',
    'teams=llm@v0.1.0',
    'eu/credit=risk@v1.0.0',
    'open@v1.0.0',
    'bare@v1.0.0',
  ])
    registry.tag(tag);
  for (const tag of ['churn#prod#1', 'churn#eu/prod#1', 'teams=llm#prod#1']) registry.tag(tag);
  box.advance(60);
  registry.commit({ 'models/churn.bin': CHURN.v2 });
  registry.tag('churn@v1.1.0');
  registry.tag('churn#dev#1');
  box.advance(60);
  registry.commit({ 'models/churn.bin': 'churn, a bad one' });
  registry.tag('churn@v2.0.0');
  box.advance(60);
  registry.tag('churn@v2.0.0!#1');
  return registry;
}
