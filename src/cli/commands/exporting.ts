import { parseTarget } from '../../domain/target.js';
import { RegError } from '../../errors.js';
import { type InferenceServiceOptions, inferenceService, storageContainer } from '../../exchange/kserve.js';
import type { RegistryContext } from '../../registry/context.js';
import { type HistoryOptions, journal } from '../../registry/history.js';
import { historyRow } from '../../registry/make-rows.js';
import { chosenBy } from '../../registry/queries.js';
import { HistoryRow, type ManifestRow } from '../../registry/rows.js';
import { writeNamedFile } from '../named-file.js';
import { pieces } from '../output.js';
import { csvRow } from '../render/csv.js';
import { yamlText } from '../render/yaml.js';
import type { Session } from '../session.js';
import { notingIn, passingOverIn, wholeness } from './reading.js';

/** The options of `reg export`; the table says which kind takes which. */
interface ExportOptions
  extends Omit<InferenceServiceOptions, 'onDeprecated' | 'onPassedOver'>,
    Pick<HistoryOptions, 'since' | 'until'> {
  output?: string;
  storageContainer?: boolean;
  image?: string;
  raw?: boolean;
}

/** `reg export` */
export async function exportAs(
  session: Session,
  kind: 'kserve' | 'csv',
  target: string | undefined,
  options: ExportOptions,
): Promise<number> {
  if (kind === 'csv') return exportJournal(session, target, options);
  if (options.storageContainer) {
    await printManifest(session, storageContainer({ image: requireImage(target, options) }), options);
    return 0;
  }
  if (target === undefined)
    throw new RegError(
      'USAGE',
      "missing required argument 'artifact'",
      "name a version or a stage: reg export kserve 'ARTIFACT#STAGE'",
    );
  const context = await session.open();
  await printManifest(session, await serviceFor(session, context, target, options), options, context);
  return 0;
}

/** Prints an object, or writes it to the file that was named. */
async function printManifest(
  { out, cwd }: Session,
  manifest: ManifestRow,
  { output }: ExportOptions,
  context?: RegistryContext,
): Promise<void> {
  const text = yamlText(manifest);
  if (output !== undefined) await writeNamedFile(cwd, output, text, context);
  if (out.isData) out.data(manifest);
  else if (output !== undefined) out.line(output);
  else out.print(text);
}

function requireImage(target: string | undefined, { image }: ExportOptions): string {
  if (target !== undefined)
    throw new RegError(
      'USAGE',
      `a storage container is for every artifact, and not for '${target}' alone`,
      'leave out the artifact, or --storage-container',
    );
  if (image !== undefined) return image;
  throw new RegError(
    'USAGE',
    'a storage container needs the name of a container image that has reg',
    'build one with the Dockerfile of reg, and name it: --image HOST/NAME:TAG',
  );
}

function serviceFor(
  { out }: Session,
  context: RegistryContext,
  target: string,
  { name, registry, regUri, rev, at, verify, stage, version }: ExportOptions,
): Promise<ManifestRow> {
  const parsed = parseTarget(target);
  return inferenceService(context, parsed.artifact, {
    ...{ name, registry, regUri, rev, at, verify },
    ...chosenBy(parsed, { stage, version }),
    onDeprecated: notingIn(out),
    onPassedOver: passingOverIn(out),
  });
}

/** The journal, oldest event first, so that a later export only adds lines. */
async function exportJournal(
  { out, open, cwd }: Session,
  target: string | undefined,
  { output, raw = false, at, since, until }: ExportOptions,
): Promise<number> {
  const whole = wholeness();
  const context = await open();
  const wanted = { at, since, until, ascending: true, onMissing: whole.onMissing };
  const events = await journal(context, target, wanted);
  const fields = Object.keys(HistoryRow.fields) as (keyof HistoryRow)[];
  let guarded = 0;
  const row = (cells: readonly (string | null)[]): string => {
    const made = csvRow(cells, { raw });
    guarded += made.guarded;
    return made.text;
  };
  const texts = function* (): Generator<string> {
    yield row(fields);
    for (const some of pieces(events))
      yield some
        .map(historyRow)
        .map((one) => row(fields.map((field) => one[field])))
        .join('');
  };
  if (output !== undefined) await writeNamedFile(cwd, output, [...texts()].join(''), context);
  if (out.isData) out.rows(events, historyRow);
  else if (output !== undefined) out.line(output);
  else for (const text of texts()) out.print(text);
  if (guarded > 0)
    out.note(
      `${guarded} ${guarded === 1 ? 'cell has' : 'cells have'} a ' in front, so that no spreadsheet takes it for a formula; --raw leaves them as they are`,
    );
  return whole.code();
}
