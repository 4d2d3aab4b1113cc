import * as z from 'zod/mini';
import { ANSWERS } from './answers.js';
import { historyRow, intervalRow, orNull, overview, text, time, versionRow } from './rows.js';

/** The data files of a site, by what they are called; their rows are those of the commands. */
export const SITE_DATA = {
  /** `data/overview.json`: `reg show --deprecated`, with how far stages are behind and what changed last. */
  overview: z.array(
    z.extend(overview, {
      behind: z.record(text, z.int().check(z.nonnegative())),
      changed: orNull(time),
      changedBy: orNull(text),
    }),
  ),
  /** `data/history.json`: `reg history`. */
  history: z.array(historyRow),
  /** `data/stages.json`: the stages in order, also those that are empty now. */
  stages: z.array(text),
  /** `data/files.json`: every file of the site. */
  files: z.array(text),
  /** `data/artifacts/….json`: of one artifact, what `show`, `history`, `history --intervals` and `describe` answer. */
  artifact: z.strictObject({
    artifact: text,
    versions: z.array(versionRow),
    intervals: z.array(intervalRow),
    history: z.array(historyRow),
    descriptions: z.array(ANSWERS.describe ?? z.never()),
  }),
};

/** The JSON Schema of the data files of a site: what `schema/site-data.schema.json` holds. */
export const siteDataJsonSchema = (): unknown => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Data files of a site that reg site wrote',
  description: 'Each file of the folder data has the shape of one of the definitions.',
  $defs: Object.fromEntries(
    Object.entries(SITE_DATA).map(([name, schema]) => {
      const { $schema: _, ...definition } = z.toJSONSchema(schema);
      return [name, definition];
    }),
  ),
});
