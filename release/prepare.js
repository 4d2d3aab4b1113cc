// Writes into package.json and the README where the project is, which only the workflow of a release knows.
//   node release/prepare.js https://example.com/mycompany/reg
import { readFileSync, writeFileSync } from 'node:fs';

const [address] = process.argv.slice(2);
if (!/^https:\/\/[^/]+\/.+/.test(address ?? '')) {
  process.stderr.write(`error: '${address ?? ''}' is not the https address of a repository\n`);
  process.exit(2);
}
const about = JSON.parse(readFileSync('package.json', 'utf8'));
Object.assign(about, {
  repository: { type: 'git', url: `git+${address}.git` },
  homepage: `${address}#readme`,
  bugs: `${address}/issues`,
});
writeFileSync('package.json', `${JSON.stringify(about, null, 2)}\n`);

// a link of the README to another file leads to this version of it, wherever the README is read
const at = (kind) => `${address}/${kind}/v${about.version}/`;
const readme = readFileSync('README.md', 'utf8')
  .replaceAll(/(!\[[^\]]*\]\()(?!https?:|#)/g, `$1${at('raw')}`)
  .replaceAll(/((?:src|srcset)=")(?!https?:|#)/g, `$1${at('raw')}`)
  .replaceAll(/(?<!!\[[^\]]*)(\]\()(?!https?:|#)/g, `$1${at('blob')}`);
writeFileSync('README.md', readme);
