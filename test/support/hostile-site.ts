import { importInto } from './fast-import.js';
import type { Repository, Sandbox } from './repo.js';

/** What runs if a page takes it for anything but text. */
const RUNS = [
  '<script>globalThis.ran=1</script>',
  '</script><script>globalThis.ran=1</script>',
  '<img src=x onerror="globalThis.ran=1">',
  '"><svg onload=globalThis.ran=1>',
  "' onmouseover='globalThis.ran=1",
  '<!--<script>',
  '\u2028\u2029\u202e',
  '{{constructor.constructor("globalThis.ran=1")()}}',
].join(' ');

/** A model card that tries to run. */
export const HOSTILE_CARD = `# ${RUNS}

${RUNS}

[a](javascript:globalThis.ran=1) [b](JaVaScRiPt:globalThis.ran=1) [c](data:text/html,<script>globalThis.ran=1</script>)
[d](vbscript:x) [e](https://example.com/"onmouseover="globalThis.ran=1) <javascript:globalThis.ran=1>
![picture](https://example.com/tracker.png) ![run](javascript:globalThis.ran=1) [f][ref]

[ref]: javascript:globalThis.ran=1

<details open ontoggle="globalThis.ran=1"><iframe srcdoc="<script>parent.ran=1</script>"></iframe></details>
<style>body{display:none}</style><meta http-equiv="refresh" content="0;url=https://example.com/">
<base href="https://example.com/"><form action="https://example.com/"><input name=q></form>

| ${RUNS.replaceAll('|', '')} |
| --- |
| \`${RUNS}\` |

\`\`\`html
${RUNS}
\`\`\`
`;

const yaml = (value: unknown): string => JSON.stringify(value);

/** A link every text of which would run. */
const LINK = `reg: 1
source: {repo: ${yaml('https://example.com/a"onclick="globalThis.ran=1')}, rev: ${yaml(RUNS)}, commit: ${'a'.repeat(40)}, path: ${yaml('model/<script>.bin')}}
sha256: ${'b'.repeat(64)}
size: 12
type: ${yaml(RUNS)}
description: ${yaml(RUNS)}
labels: {${yaml(RUNS)}: ${yaml(RUNS)}}
params: {${yaml(RUNS)}: {nested: [${yaml(RUNS)}]}}
metrics: {${yaml(RUNS)}: 1, constructor: 2}
`;

/** A registry in which everything that a repository may hold tries to run: names, people, messages, links, model cards. */
export function hostileRegistry(box: Sandbox): Repository {
  const repository = box.repository('hostile');
  const who =
    '"&lt;script&gt;globalThis.ran=1\' javascript:globalThis.ran=1 <x"onclick="globalThis.ran=1@e.com>';
  const files = {
    'm/__proto__.model.yaml': LINK,
    'm/constructor.model.yaml': LINK,
    'm/con.model.yaml': LINK,
    'm/con.md': HOSTILE_CARD,
  };
  const tagsOf = (name: string) =>
    [`${name}@v1.0.0-script.alert-1`, `${name}#javascript-alert#1`, `${name}#constructor#2`].map((tag) => ({
      tag,
      day: '2026-03-01',
      who,
      said: `${RUNS}\n\n${RUNS}`,
    }));
  importInto(box, repository, [
    { files, day: '2026-02-01' },
    ...tagsOf('m=con'),
    ...tagsOf('constructor'),
    { files: { 'm/con.model.yaml': LINK.replace('size: 12', 'size: 13') }, day: '2026-02-02' },
    { tag: 'm=con@v1.0.1', day: '2026-03-02', who, said: RUNS },
  ]);
  repository.git('remote', 'add', 'origin', 'https://github.com/a"onclick=globalThis.ran=1/<script>.git');
  return repository;
}
