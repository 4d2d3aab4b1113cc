import { describe, expect, it } from 'vitest';
import { artifactName, stageName } from '../../src/domain/names.js';
import {
  type EventName,
  formatTagName,
  looksLikeEvent,
  MAX_COUNTER,
  parseTagName,
} from '../../src/domain/tag-name.js';
import { version } from '../../src/domain/version.js';

const artifact = artifactName('churn');
const v120 = version('v1.2.0');
const prod = stageName('prod');

/** Every row of the table in docs/specification.md, 1 Tags. */
const GRAMMAR: [string, EventName][] = [
  ['churn@v1.2.0', { kind: 'registration', artifact, version: v120 }],
  ['churn@v1.2.0#7', { kind: 'registration', artifact, version: v120, counter: 7 }],
  ['churn@v1.2.0!', { kind: 'deregistration', artifact, version: v120 }],
  ['churn@v1.2.0!#8', { kind: 'deregistration', artifact, version: v120, counter: 8 }],
  ['churn#prod#9', { kind: 'assignment', artifact, stage: prod, counter: 9 }],
  ['churn#prod', { kind: 'assignment', artifact, stage: prod }],
  ['churn#prod!#10', { kind: 'unassignment', artifact, stage: prod, counter: 10 }],
  ['churn#prod!', { kind: 'unassignment', artifact, stage: prod }],
  ['churn@deprecated', { kind: 'deprecation', artifact }],
  ['churn@deprecated#11', { kind: 'deprecation', artifact, counter: 11 }],
];

const models = artifactName('models/v2:churn');

/** More forms that gto writes and reads. */
const MORE: [string, EventName][] = [
  ['models/v2=churn@v1.2.0', { kind: 'registration', artifact: models, version: v120 }],
  ['models/v2=churn#prod#1', { kind: 'assignment', artifact: models, stage: prod, counter: 1 }],
  ['models/v2=churn@deprecated', { kind: 'deprecation', artifact: models }],
  ['llama-3.1-8b@v1.2.0', { kind: 'registration', artifact: artifactName('llama-3.1-8b'), version: v120 }],
  ['team/churn@v1.2.0', { kind: 'registration', artifact: artifactName('team/churn'), version: v120 }],
  ['churn#eu/prod#3', { kind: 'assignment', artifact, stage: stageName('eu/prod'), counter: 3 }],
  ['churn#deprecated#3', { kind: 'assignment', artifact, stage: stageName('deprecated'), counter: 3 }],
  [
    'churn@v1.2.0-rc.1+sha.5#2',
    { kind: 'registration', artifact, version: version('v1.2.0-rc.1+sha.5'), counter: 2 },
  ],
  ['churn#prod#0', { kind: 'assignment', artifact, stage: prod, counter: 0 }],
  ['churn#prod#1000000000000000', { kind: 'assignment', artifact, stage: prod, counter: 1e15 }],
  ['churn#prod#9007199254740990', { kind: 'assignment', artifact, stage: prod, counter: MAX_COUNTER }],
  ['7#7#7', { kind: 'assignment', artifact: artifactName('7'), stage: stageName('7'), counter: 7 }],
];

describe('tag names (docs/specification.md, 1 Tags)', () => {
  it.each([...GRAMMAR, ...MORE])('%s is read and written', (tagName, event) => {
    expect(parseTagName(tagName)).toEqual(event);
    expect(formatTagName(event)).toBe(tagName);
  });

  const LOOK_ALIKES = [
    ...['churn@v1.0', 'churn@v1', 'churn@v01.0.0', 'churn@vv1.0.0'],
    ...[
      'churn@v1.0.0!!',
      'churn@v1.0.0#',
      'churn@v1.0.0#x',
      'churn@v1.0.0#-1',
      'churn@v1.0.0#1.5',
      'churn@v1.0.0#1#2',
    ],
    ...['churn@v1.0.0#1!', 'churn@v1.0.0@v2.0.0', 'churn@v1.0.0#prod', 'churn@v1.0.0#prod#1'],
    ...[
      'churn#',
      'churn#!',
      'churn##1',
      'churn#prod##1',
      'churn#prod#',
      'churn#prod#1!',
      'churn#prod!!',
      'churn#prod#1#2',
    ],
    ...[
      'churn#-prod#1',
      'churn#prod-#1',
      'churn#pr.od#1',
      'churn#prod@v1.0.0',
      'churn#prod#one',
      'churn#prod#1e3',
    ],
    // one number has one form, and is exact
    ...['churn#prod#007', 'churn#prod#00', 'churn@v1.0.0#01', 'churn@v1.0.0!#01', 'churn@deprecated#01'],
    ...['churn#prod#9007199254740991', 'churn#prod#9007199254740992', 'churn#prod!#90071992547409900'],
    ...['churn#prod#９'],
    ...['churn@deprecated!', 'churn@deprecated#', 'churn@deprecated#x'],
    ...[
      '_churn@v1.0.0',
      'churn-@v1.0.0',
      '.churn@v1.0.0',
      'churn.@v1.0.0',
      '@v1.0.0',
      '#prod#1',
      '@deprecated',
    ],
    ...['a=b=churn@v1.0.0', '=churn@v1.0.0', 'models=@v1.0.0', 'models:churn@v1.0.0', 'a~b=churn#prod#1'],
  ];

  it.each(LOOK_ALIKES)('%s looks like an event but is not one', (tagName) => {
    expect(parseTagName(tagName)).toBeUndefined();
    expect(looksLikeEvent(tagName)).toBe(true);
  });

  const FOREIGN = [
    '',
    'v1.0.0',
    'release-2020',
    'latest',
    'churn',
    'churn@',
    'churn@1.0.0',
    '@scope/pkg@1.2.3',
    'a/b/c',
    '2024.1',
  ];

  it.each(FOREIGN)('%j is not a tag of the registry', (tagName) => {
    expect(parseTagName(tagName)).toBeUndefined();
    expect(looksLikeEvent(tagName)).toBe(false);
  });
});
