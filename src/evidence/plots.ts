import { posix } from 'node:path';
import { outPath } from '../documents/dvc.js';
import { isMapping } from '../documents/dvc-parameters.js';
import type { DvcContent } from '../documents/dvc-template.js';
import { flagged, type Pipelines, textOf } from './dvc.js';
import type { Plot, Relation } from './evidence.js';
import type { EvidenceFiles } from './files.js';
import { topOwner } from './values.js';

// Which curves, tables and images a commit has, and how DVC draws them (DVC, "plots"; DVCLive, "log_sklearn_plot").

const DATA = /\.(json|ya?ml|csv|tsv)$/i;
const IMAGE = /\.(png|jpe?g|gif|svg|bmp|webp)$/i;

/** Finds the plots of the pipelines, or those of DVCLive where no pipeline names any. */
export async function plotsIn(files: EvidenceFiles, pipelines: Pipelines): Promise<Plot[]> {
  const found = new Map<string, Plot>();
  const whole = new Set<string>();
  const add = async (
    file: string,
    path: string,
    props: DvcContent,
    owner: Pick<Plot, 'relation' | 'stage'>,
  ): Promise<void> => {
    const members = await files.filesAt(path);
    const isFolder = members[0] !== path;
    for (const one of members) {
      if (!DATA.test(one) && !IMAGE.test(one)) continue;
      // an entry for a file comes before one for its folder
      if (isFolder && found.has(one) && !whole.has(one)) continue;
      if (isFolder) whole.add(one);
      else whole.delete(one);
      found.set(
        one,
        plotOf(
          one,
          file,
          isFolder ? { ...props, y: isMapping(props.y) ? undefined : props.y } : props,
          owner,
        ),
      );
    }
  };
  for (const stage of pipelines.stages)
    for (const { path, flags } of stage.plots)
      await add(stage.file, path, flags, { relation: pipelines.relationOf(stage), stage: stage.name });
  for (const [file, { plots }] of pipelines.tops)
    for (const [id, props] of flagged(plots)) {
      const named = filesNamed(props.y) ?? filesNamed(props.x);
      if (named === undefined) {
        const path = outPath(file, undefined, id);
        if (path !== undefined) await add(file, path, props, topOwner(path, pipelines));
        continue;
      }
      const paths = named.flatMap((one) => outPath(file, undefined, one) ?? []);
      const first = paths[0];
      if (first !== undefined) found.set(id, definedPlot(id, file, props, paths, topOwner(first, pipelines)));
    }
  if (
    pipelines.tops.size === 0 &&
    [...(await files.entries()).keys()].some((path) => path.startsWith('dvclive/plots/'))
  )
    await add('dvclive/metrics.json', 'dvclive/plots', {}, { relation: 'top', stage: null });
  return [...found.values()].filter(({ relation }) => relation !== 'other');
}

const filesNamed = (axis: unknown): string[] | undefined => (isMapping(axis) ? Object.keys(axis) : undefined);

/** The plot of one file. */
function plotOf(
  path: string,
  file: string,
  props: DvcContent,
  owner: { relation: Relation; stage: string | null },
): Plot {
  const image = IMAGE.test(path);
  const known =
    isMapping(props) && Object.keys(props).some((key) => ['x', 'y', 'template'].includes(key))
      ? {}
      : ofDvclive(path);
  const all: DvcContent = { ...known, ...props };
  return {
    id: path,
    kind: image ? 'image' : 'curve',
    template: image ? null : (textOf(all.template) ?? 'linear'),
    x: fieldsOf(all.x, [path]),
    y: fieldsOf(all.y, [path]),
    title: textOf(all.title) ?? null,
    xLabel: textOf(all.x_label) ?? null,
    yLabel: textOf(all.y_label) ?? null,
    files: [path],
    ...owner,
    file,
  };
}

/** A plot with a name of its own, over fields of some files. */
function definedPlot(
  id: string,
  file: string,
  props: DvcContent,
  paths: readonly string[],
  owner: { relation: Relation; stage: string | null },
): Plot {
  const near = (axis: unknown): unknown =>
    isMapping(axis)
      ? Object.fromEntries(
          Object.entries(axis).map(([path, field]) => [outPath(file, undefined, path) ?? path, field]),
        )
      : axis;
  return {
    id,
    kind: 'curve',
    template: textOf(props.template) ?? 'linear',
    x: fieldsOf(near(props.x), paths),
    y: fieldsOf(near(props.y), paths),
    title: textOf(props.title) ?? null,
    xLabel: textOf(props.x_label) ?? null,
    yLabel: textOf(props.y_label) ?? null,
    files: [...paths],
    ...owner,
    file,
  };
}

function fieldsOf(axis: unknown, paths: readonly string[]): { file: string; field: string }[] {
  if (isMapping(axis)) return Object.entries(axis).flatMap(([file, fields]) => fieldsOf(fields, [file]));
  const fields = (Array.isArray(axis) ? axis : [axis]).filter((one) => typeof one === 'string' && one !== '');
  return paths.flatMap((file) => fields.map((field: string) => ({ file, field })));
}

/** How DVCLive draws the files that it writes, for where its dvc.yaml is not there. */
function ofDvclive(path: string): DvcContent {
  const [, kind, name = ''] =
    /(?:^|\/)plots\/(sklearn|metrics)\/(?:.*\/)?([^/]+)\.(?:json|tsv)$/.exec(path) ?? [];
  if (kind === 'metrics') return { template: 'linear', x: 'step', y: posix.basename(path, '.tsv') };
  return kind === 'sklearn' && Object.hasOwn(SKLEARN, name) ? (SKLEARN[name] ?? {}) : {};
}

const SKLEARN: Readonly<Record<string, DvcContent>> = {
  roc: { template: 'simple', x: 'fpr', y: 'tpr', title: 'Receiver operating characteristic (ROC)' },
  precision_recall: { template: 'simple', x: 'recall', y: 'precision', title: 'Precision-Recall Curve' },
  det: { template: 'simple', x: 'fpr', y: 'fnr', title: 'DET' },
  detcurve: { template: 'simple', x: 'fpr', y: 'fnr', title: 'DET' },
  calibration: { template: 'simple', x: 'prob_pred', y: 'prob_true', title: 'Calibration Curve' },
  cm: { template: 'confusion', x: 'actual', y: 'predicted', title: 'Confusion Matrix' },
  confusion_matrix: { template: 'confusion', x: 'actual', y: 'predicted', title: 'Confusion Matrix' },
};
