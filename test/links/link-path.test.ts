import { describe, expect, it } from 'vitest';
import { artifactOfLink, linkPathOf, requireLinkPath } from '../../src/documents/link-path.js';
import { artifactName } from '../../src/domain/names.js';
import { refusal } from '../support/builders.js';

describe('link files (docs/specification.md, 4 Link files and configuration)', () => {
  it.each([
    ['churn', 'churn.model.yaml'],
    ['sub/dir:churn', 'sub/dir/churn.model.yaml'],
    ['v1.2:churn', 'v1.2/churn.model.yaml'],
  ])('%s is declared by %s', (artifact, path) => {
    expect(linkPathOf(artifactName(artifact))).toBe(path);
    expect(requireLinkPath(artifactName(artifact))).toBe(path);
    expect(artifactOfLink(path)).toBe(artifact);
  });

  it('a name with a slash has no link file', () => {
    expect(linkPathOf(artifactName('team/churn'))).toBeUndefined();
    const error = refusal(() => requireLinkPath(artifactName('team/churn')));
    expect(error).toMatchObject({
      code: 'INVALID_NAME',
      hint: "name it 'team:churn' for a file in a subfolder",
    });
  });

  it.each([
    '.model.yaml',
    '-x.model.yaml',
    'a..model.yaml',
    'a b/churn.model.yaml',
    'sub/.model.yaml',
    'é.model.yaml',
  ])('%s declares nothing', (path) => {
    expect(artifactOfLink(path)).toBeUndefined();
  });
});
