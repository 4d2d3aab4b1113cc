import { Description, HistoryRow, IntervalRow, OverviewRow, ShownVersion } from '../registry/rows.js';
import { defineRow, list, map, orNull, size, text, time } from '../util/row.js';

/** The data files of a site, by what they are called; their rows are those of the commands. */
export const SITE_DATA = {
  /** `data/overview.json`: `reg show --deprecated`, with how far stages are behind and what changed last. */
  overview: list(
    defineRow(OverviewRow.about, {
      ...OverviewRow.fields,
      behind: map(size(''), 'for each stage that holds a version, how many greater versions are active'),
      held: map(
        defineRow('', {
          since: time('when it came there'),
          author: text('tagger of the event that put it there'),
        }),
        'for each stage that holds a version, since when and by whom',
      ),
      changed: orNull(time(''), 'time of the last event; null without one'),
      changedBy: orNull(text(''), 'tagger of the last event'),
    }),
  ),
  /** `data/history.json`: `reg history`. */
  history: list(HistoryRow),
  /** `data/stages.json`: the stages in order, also those that are empty now. */
  stages: list(text('name of a stage')),
  /** `data/files.json`: every file of the site. */
  files: list(text('path of a file')),
  /** `data/artifacts/….json`: of one artifact, what `show`, `history`, `history --intervals` and `describe` answer. */
  artifact: defineRow('An artifact', {
    artifact: OverviewRow.fields.artifact,
    versions: list(ShownVersion, '`reg show A`'),
    intervals: list(IntervalRow, '`reg history A --intervals`'),
    history: list(HistoryRow, '`reg history A`'),
    descriptions: list(Description, '`reg describe A@version`'),
  }),
};
