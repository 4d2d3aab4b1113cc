import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitSigner } from '../../src/git/program/signatures.js';
import { gitTagWriter } from '../../src/git/program/write.js';
import { cannotWrite, openWorkTree } from '../../src/util/files.js';
import { tagObject } from '../contract/bench.js';
import { sandbox } from '../support/repo.js';

const box = sandbox();

test.each([
  ["EACCES: permission denied, open '/r/.reg.yaml.1697440774'", 'permission denied'],
  ["EROFS: read-only file system, mkdir '/r/site'", 'read-only file system'],
])('%s names the file that was to be written', (message, why) => {
  expect(() => cannotWrite('.reg.yaml', '/r')(new Error(message))).toThrow(
    `cannot write .reg.yaml in /r: ${why}`,
  );
});

test('what is no error of the file system stays what it is', () => {
  const error = new Error('a defect');
  expect(() => cannotWrite('.reg.yaml', '/r')(error)).toThrow(error);
});

test('a file of the work tree', async () => {
  writeFileSync(join(box.root, 'a'), '');
  await expect(openWorkTree(box.root).write('a/b', '')).rejects.toMatchObject({
    code: 'FILE_SYSTEM',
    message: expect.stringMatching(/^cannot write a\/b in .*: [^,/]+$/),
  });
});

test('a tag of a repository that may only be read', async () => {
  const stderr = 'error: insufficient permission for adding an object to repository database .git/objects';
  const git = async () => ({ code: 128, stdout: Buffer.alloc(0), stderr });
  const writer = gitTagWriter(git, gitSigner(git, box.root, box));
  await expect(writer.store(tagObject('a'.repeat(40), 'churn@v1.0.0'), false)).rejects.toMatchObject({
    code: 'GIT_FAILED',
    message: 'nothing can be written to this repository: permission denied',
  });
});
