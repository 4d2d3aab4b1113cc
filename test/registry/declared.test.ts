import { describe, expect, it } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { findDeclaration } from '../../src/registry/declared.js';
import { memoryRepository } from '../support/memory.js';

const IDENTITY = { name: 'Ann Lee', email: 'ann@example.com', now: 0, zone: '+0000' };

async function declaration(files: Record<string, string>, artifact: string): Promise<string | undefined> {
  const repository = memoryRepository(IDENTITY);
  const found = await findDeclaration(repository.objects, repository.commit(files), artifactName(artifact));
  return found && `${found.kind} ${found.file}`;
}

const FILES = {
  'linked.model.yaml': '',
  'sub/dir/linked.model.yaml': '',
  'dvc.yaml': 'stages: {}\nartifacts:\n  tracked: {path: x}\n  linked: {}\n',
  'sub/dvc.yaml': 'artifacts: {below: {}}\n',
  'artifacts.yaml': 'old: {path: x}\nmodels:old: {}\n',
};

describe('what declares an artifact (docs/specification.md, 3 State)', () => {
  it.each([
    ['linked', 'link linked.model.yaml'],
    ['sub/dir:linked', 'link sub/dir/linked.model.yaml'],
    ['tracked', 'dvc dvc.yaml'],
    ['sub:below', 'dvc sub/dvc.yaml'],
    ['old', 'annotation artifacts.yaml'],
    ['models:old', 'annotation artifacts.yaml'],
    ['sub:linked', undefined],
    ['below', undefined],
    ['stages', undefined],
    ['sub/dir/linked', undefined],
    ['other', undefined],
  ])('%s: %s', async (artifact, expected) => {
    expect(await declaration(FILES, artifact)).toBe(expected);
  });

  it('files of other tools that say something else declare nothing', async () => {
    expect(
      await declaration({ 'dvc.yaml': 'artifacts: [a]\n', 'artifacts.yaml': '- a\n' }, 'a'),
    ).toBeUndefined();
    expect(await declaration({ 'dvc.yaml': '', 'artifacts.yaml': 'a' }, 'a')).toBeUndefined();
  });

  it('a file that cannot be read is named', async () => {
    await expect(declaration({ 'dvc.yaml': 'artifacts: [' }, 'a')).rejects.toMatchObject({
      code: 'INVALID_LINK',
      place: { file: 'dvc.yaml' },
    });
  });
});
