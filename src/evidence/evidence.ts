import { anything, choice, defineRow, list, orNull, sha256, size, text, type ValueOf } from '../util/row.js';

/** How far something is about the model, from near to far. */
export const RELATIONS = ['made', 'upstream', 'downstream', 'top', 'other'] as const;
export type Relation = (typeof RELATIONS)[number];

const relation = choice<Relation>(
  RELATIONS,
  '`made` by what makes the model, `upstream` of that, `downstream` of the model, at the `top` of a file, or of an `other` model',
);
const file = text('the file that says it, from the top of the repository');
const stage = orNull(text(''), 'stage of a pipeline; null where none is named');
const name = text('name, with dots; with its file before it where two files have the same name');
const value = anything(
  'a number, text, boolean or list; `"NaN"`, `"Infinity"` and `"-Infinity"` are texts, and an integer has all its digits',
);
const shown = text('the value with all its digits');

const Metric = defineRow('A metric', {
  name,
  value,
  text: shown,
  key: text('the name without its file'),
  dataset: orNull(text(''), 'data that it was measured on; null where no file says it'),
  config: orNull(text(''), 'configuration of the data'),
  split: orNull(text(''), 'part of the data'),
  relation,
  stage,
  file,
});
export type Metric = ValueOf<typeof Metric>;

const Param = defineRow('A parameter', {
  name,
  value,
  text: shown,
  key: text('the name without its file'),
  relation,
  stage,
  file,
});
export type Param = ValueOf<typeof Param>;

const Data = defineRow('Data or another input', {
  name: text('its path from the top of the repository, or its own name'),
  role: orNull(text(''), 'such as `training` or `test`; null where no file says it'),
  url: orNull(text(''), 'where it came from; null for what is in the repository'),
  digest: orNull(text(''), 'its bytes: `md5:…`, `etag:…`, `rev:…`; compared only with one of the same kind'),
  size: orNull(size('bytes')),
  relation,
  stage,
  file,
});
export type Data = ValueOf<typeof Data>;

const Command = defineRow('A command of a stage', { command: text('the command'), relation, stage, file });
export type Command = ValueOf<typeof Command>;

const Plot = defineRow('A curve, a table or an image', {
  id: text('its name in the pipeline, or its path'),
  kind: choice(['curve', 'image'], 'what it is'),
  template: orNull(text(''), 'template of DVC, such as `linear` or `confusion`; null for an image'),
  x: list(defineRow('a field of a file', { file, field: text('name of the field') }), 'none: the row number'),
  y: list(
    defineRow('a field of a file', { file, field: text('name of the field') }),
    'none: the last column',
  ),
  title: orNull(text(''), 'title'),
  xLabel: orNull(text(''), 'label of the horizontal axis'),
  yLabel: orNull(text(''), 'label of the vertical axis'),
  files: list(text(''), 'the files, from the top of the repository'),
  relation,
  stage,
  file,
});
export type Plot = ValueOf<typeof Plot>;

const Digest = defineRow('A file and its bytes', { file, sha256: sha256('SHA-256 of the bytes') });

const About = defineRow('What a card or a model says of itself', {
  name: text('such as `license`'),
  value,
  file,
});
export type About = ValueOf<typeof About>;

const Note = defineRow('What could not be read, or is worth knowing', {
  file,
  kind: choice(
    ['unreadable', 'absent', 'not-fetched', 'note'],
    '`not-fetched`: its bytes are not on this machine',
  ),
  message: text('the reason'),
});
export type Note = ValueOf<typeof Note>;

const Run = defineRow('The run of a tracking tool', {
  id: text('id of the run'),
  by: orNull(text(''), 'who ran it'),
  started: orNull(text(''), 'when it began'),
  ended: orNull(text(''), 'when it ended'),
  command: orNull(text(''), 'what was run'),
  commit: orNull(text(''), 'commit of the code'),
  file,
});
export type Run = ValueOf<typeof Run>;

const Bytes = defineRow('The bytes of a model of the same repository', {
  digest: text('`sha256:…` of what git has, of a folder that of its manifest; `md5:…` of what DVC has'),
  size: orNull(size('bytes')),
});

/** What a version was made from and how it did, as files of its commit say. */
export const Evidence = defineRow('What a version was made from and how it did', {
  metrics: list(Metric, 'how it did'),
  params: list(Param, 'what it was trained with'),
  data: list(Data, 'what it was trained and measured on, and the code'),
  commands: list(Command, 'how it was made'),
  environment: list(Digest, 'files that say which packages it needs'),
  plots: list(Plot, 'curves, tables and images'),
  about: list(About, 'licence, base model, tags, flavours'),
  signature: orNull(anything(''), 'inputs, outputs and parameters that MLflow recorded'),
  run: orNull(Run, 'the run that made it'),
  bytes: orNull(Bytes, 'null where they are not on this machine, or too many to be read'),
  interface: orNull(anything(''), 'tensors and metadata in the header of the model'),
  notes: list(Note, 'what could not be read, beside the rest'),
});
export type Evidence = ValueOf<typeof Evidence>;

/** Evidence that says nothing. */
export const emptyEvidence = (): Evidence => ({
  metrics: [],
  params: [],
  data: [],
  commands: [],
  environment: [],
  plots: [],
  about: [],
  signature: null,
  run: null,
  bytes: null,
  interface: null,
  notes: [],
});

/** Whether evidence says nothing at all. */
export const isEmpty = (evidence: Evidence): boolean =>
  Object.values(evidence).every((one) => one === null || (Array.isArray(one) && one.length === 0));
