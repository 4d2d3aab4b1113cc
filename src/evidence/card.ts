import { posix } from 'node:path';
import { isMapping } from '../documents/dvc-parameters.js';
import type { DvcContent } from '../documents/dvc-template.js';
import { plainValue, readValues, textOfValue } from '../documents/values.js';
import { utf8Text } from '../util/text.js';
import { textOf } from './dvc.js';
import type { Evidence, Relation } from './evidence.js';
import type { EvidenceFiles } from './files.js';

// The front matter of a model card, and the results beside it (Hugging Face, "Model cards", "Evaluation results").

/** The evidence of the card in the folder of a model, or beside the model. */
export async function cardIn(files: EvidenceFiles, model: string): Promise<Partial<Evidence>> {
  const folders = [...new Set([model, posix.dirname(model)])];
  for (const folder of folders) {
    const file = posix.join(folder, 'README.md');
    const bytes = await files.readIfThere(file);
    const front = bytes && frontMatter(bytes);
    const content = front && (await files.attempt(file, () => readValues(Buffer.from(front), file)));
    const own = isMapping(content) ? ofCard(files, content, file) : {};
    const results = await resultsIn(files, posix.join(folder, '.eval_results'));
    const metrics = [...(own.metrics ?? []), ...results];
    if (isMapping(content) || metrics.length > 0) return { ...own, metrics };
  }
  return {};
}

/** The text between the lines of three dashes at the beginning; undefined without them. */
function frontMatter(bytes: Uint8Array): string | undefined {
  return /^\s*---[ \t]*\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(utf8Text(bytes) ?? '')?.[1];
}

const NAMES = [
  'license',
  'license_name',
  'license_link',
  'library_name',
  'pipeline_tag',
  'base_model',
  'base_model_relation',
  'base_model_revision',
  'tags',
  'language',
  'co2_eq_emissions',
] as const;

const relation: Relation = 'made';

function ofCard(files: EvidenceFiles, card: DvcContent, file: string): Partial<Evidence> {
  const about = NAMES.flatMap((name) => {
    const value = name === 'language' && card[name] === false ? 'no' : card[name];
    return value === undefined || value === null ? [] : [{ name, value: plainValue(value), file }];
  });
  const data = listOf(card.datasets).flatMap((one): Evidence['data'] => {
    const name = textOf(one);
    return name === undefined
      ? []
      : [{ name, role: 'training', url: null, digest: null, size: null, relation, stage: null, file }];
  });
  return { about, data, metrics: modelIndex(files, card['model-index'], file) };
}

const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** The results of a model-index; one that is not as it should be costs itself. */
function modelIndex(files: EvidenceFiles, index: unknown, file: string): Evidence['metrics'] {
  const models = listOf(index);
  return models.flatMap((model) => {
    if (!isMapping(model)) {
      files.note(file, 'unreadable', 'an entry of model-index is no mapping');
      return [];
    }
    return listOf(model.results).flatMap((result) => {
      if (!isMapping(result)) {
        files.note(file, 'unreadable', 'a result of model-index is no mapping');
        return [];
      }
      const dataset = isMapping(result.dataset) ? result.dataset : {};
      return listOf(result.metrics).flatMap((metric): Evidence['metrics'] => {
        const key = isMapping(metric) ? (textOf(metric.type) ?? textOf(metric.name)) : undefined;
        if (!isMapping(metric) || key === undefined || metric.value === undefined) {
          files.note(file, 'unreadable', 'a metric of model-index has no type, or no value');
          return [];
        }
        const of = models.length > 1 ? textOf(model.name) : undefined;
        return [
          {
            name: of === undefined ? key : `${of}.${key}`,
            value: plainValue(metric.value),
            text: textOfValue(metric.value),
            key: of === undefined ? key : `${of}.${key}`,
            dataset: textOf(dataset.type) ?? textOf(dataset.name) ?? null,
            config: textOf(dataset.config) ?? null,
            split: textOf(dataset.split) ?? null,
            relation,
            stage: null,
            file,
          },
        ];
      });
    });
  });
}

/** The benchmarks in files of `.eval_results`. */
async function resultsIn(files: EvidenceFiles, folder: string): Promise<Evidence['metrics']> {
  const paths = [...(await files.entries()).keys()].filter(
    (path) => path.startsWith(`${folder}/`) && /\.ya?ml$/.test(path),
  );
  const found: Evidence['metrics'] = [];
  for (const file of paths) {
    const bytes = await files.read(file);
    const content = bytes && (await files.attempt(file, () => readValues(bytes, file)));
    for (const one of listOf(content)) {
      const dataset = isMapping(one) && isMapping(one.dataset) ? one.dataset : {};
      const key = textOf(dataset.task_id) ?? textOf(dataset.id);
      if (!isMapping(one) || key === undefined || one.value === undefined) {
        files.note(file, 'unreadable', 'a result has no dataset, or no value');
        continue;
      }
      found.push({
        name: key,
        value: plainValue(one.value),
        text: textOfValue(one.value),
        key,
        dataset: textOf(dataset.id) ?? null,
        config: null,
        split: null,
        relation,
        stage: null,
        file,
      });
    }
  }
  return found;
}
