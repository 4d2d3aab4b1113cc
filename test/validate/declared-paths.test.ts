import { expect, test } from 'vitest';
import { checkDeclarations } from '../../src/checks/declarations.js';

/** What is wrong with the declarations of some files. */
async function faultsOf(files: Record<string, string>, types?: string[]): Promise<string[]> {
  const read = async (path: string): Promise<Uint8Array | undefined> =>
    files[path] === undefined ? undefined : Buffer.from(files[path]);
  const { faults } = await checkDeclarations({ paths: Object.keys(files), read }, types);
  return faults.map(({ kind, file, message }) => `${kind} ${file}: ${message}`);
}

const declaring = (path: string): string => `churn:\n  type: model\n  path: ${path}\n`;
const POINTER = 'outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  size: 0\n  path: m.bin\n';
const GONE =
  "entry artifacts.yaml: the artifact 'churn' has the path models/m.bin, which no file, folder, dvc.lock or .dvc file has";

test.each<[string, Record<string, string>, string[]]>([
  ['a file', { 'artifacts.yaml': declaring('models/m.bin'), 'models/m.bin': '' }, []],
  ['a folder', { 'artifacts.yaml': declaring('models/'), 'models/deep/m.bin': '' }, []],
  ['what DVC tracks', { 'artifacts.yaml': declaring('models/m.bin'), 'models/m.bin.dvc': POINTER }, []],
  [
    'a folder above what DVC tracks',
    { 'artifacts.yaml': declaring('models'), 'models/m.bin.dvc': POINTER },
    [],
  ],
  [
    'what is below an output of DVC',
    { 'artifacts.yaml': declaring('models/m.bin/part'), 'models/m.bin.dvc': POINTER },
    [],
  ],
  ['nothing', { 'artifacts.yaml': declaring('models/m.bin'), 'models/n.bin': '' }, [GONE]],
  [
    'nothing, where a link declares the artifact',
    {
      'artifacts.yaml': declaring('models/m.bin'),
      'churn.model.yaml': 'source: {path: n.bin}\n',
      'n.bin': '',
    },
    [],
  ],
  ['nothing, which is virtual', { 'artifacts.yaml': `${declaring('models/m.bin')}  virtual: true\n` }, []],
])('an artifact whose path is that of %s', async (_what, files, expected) => {
  expect(await faultsOf(files)).toEqual(expected);
});

test('an artifact whose type is not allowed', async () => {
  const files = { 'artifacts.yaml': declaring('m.bin'), 'm.bin': '' };
  expect(await faultsOf(files, ['model'])).toEqual([]);
  expect(await faultsOf(files, ['dataset', 'plot'])).toEqual([
    "type artifacts.yaml: the artifact 'churn' has the type 'model', which is not among those that .gto allows: dataset, plot",
  ]);
});
