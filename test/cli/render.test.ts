import measure from 'fast-string-truncated-width';
import { describe, expect, test } from 'vitest';
import { colorsFor, type Output } from '../../src/cli/output.js';
import { moment } from '../../src/cli/render/rows.js';
import { renderTable, showsHyperlinks } from '../../src/cli/render/table.js';

const terminal = (columns: number): Output =>
  ({
    world: { isTTY: true, columns },
    color: colorsFor({ env: {}, isTTY: false }, 'never'),
  }) as unknown as Output;

const SCRIPTS = {
  Latin: 'Retrained on the data of May, with a new evaluation',
  Cyrillic: 'Александра Константинопольская-Преображенская',
  Greek: 'Παρασκευή Κωνσταντινοπολίτισσα Αθανασοπούλου',
  Arabic: 'عبد الرحمن محمد بن عبد العزيز الأنصاري',
  Hebrew: 'אברהם יצחק בן־יעקב הכהן גולדשטיין',
  Devanagari: 'प्रियंका चक्रवर्ती श्रीवास्तव महालक्ष्मी',
  Vietnamese: 'Nguyễn Thị Phương Thảo Huỳnh Đặng Trần',
  'Vietnamese, decomposed': 'Nguyễn Thị Phương Thảo Huỳnh Đặng Trần'.normalize('NFD'),
  Han: '再训练了模型，使用五月的数据，并且修正了评估',
  Hangul: '오월의 데이터로 다시 학습하고 평가를 고쳤습니다',
  Thai: 'ฝึกใหม่ด้วยข้อมูลเดือนพฤษภาคมและแก้การประเมิน',
  emoji: 'by 👩‍🔬👩‍🔬🏳️‍🌈🇫🇷👍🏽👨‍👩‍👧‍👦 and 👩‍🔬🏳️‍🌈🇫🇷👍🏽👨‍👩‍👧‍👦 again',
};
const WIDTHS = [18, 20, 24, 30, 40, 60, 80, 100, 120];

test.each(
  Object.entries(SCRIPTS).flatMap(([script, text]) =>
    WIDTHS.map((columns) => [script, columns, text] as const),
  ),
)('%s fits %i columns', async (_script, columns, text) => {
  const printed = await renderTable({ head: ['by', 'message'], rows: [[text, text]] }, terminal(columns));
  for (const line of printed.split('\n')) {
    expect(measure(line).width).toBeLessThanOrEqual(columns);
    const whole = new Set(Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment));
    const shown = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
    if (!line.startsWith('by ')) for (const segment of shown) expect([...whole, ' ', '…']).toContain(segment);
  }
});

describe('tables fit the terminal', () => {
  const table = {
    head: ['version', 'by', 'message'],
    rows: [
      ['v1.0.0', '李雷', '再训练了模型，使用五月的数据，并且修正了评估'],
      ['v1.1.0', 'Zoë 👩‍🔬', 'Retrained on the data of May, and evaluated anew'],
    ],
  };

  test('wide enough, nothing is cut', async () => {
    expect(await renderTable(table, terminal(80))).toMatchInlineSnapshot(`
      "version  by      message
      v1.0.0   李雷    再训练了模型，使用五月的数据，并且修正了评估
      v1.1.0   Zoë 👩‍🔬  Retrained on the data of May, and evaluated anew
      "
    `);
  });

  test('the last column is cut first, wide letters counted as two', async () => {
    expect(await renderTable(table, terminal(40))).toMatchInlineSnapshot(`
      "version  by      message
      v1.0.0   李雷    再训练了模型，使用五月…
      v1.1.0   Zoë 👩‍🔬  Retrained on the data …
      "
    `);
  });

  test('then the widest one', async () => {
    const wide = {
      head: ['tag', 'what'],
      rows: [['a-very-long-name-of-an-artifact@v1.0.0', 'a word or two']],
    };
    expect(await renderTable(wide, terminal(30))).toMatchInlineSnapshot(`
      "tag                   what
      a-very-long-name-of…  a word …
      "
    `);
  });

  test('colours are added after a text is cut', async () => {
    const paint = (text: string): string => `<${text}>`;
    const one = { head: ['a', 'b'], rows: [['x', { text: 'much too long for this', paint }]] };
    expect(await renderTable(one, terminal(14))).toContain('<much too l…>');
  });
});

test.each([
  ['2026-03-01T12:00:00Z', 'just now'],
  ['2026-03-01T11:59:30Z', 'just now'],
  ['2026-03-01T11:58:00Z', '2 minutes ago'],
  ['2026-03-01T10:59:00Z', '1 hour ago'],
  ['2026-02-26T11:00:00Z', '3 days ago'],
  ['2026-02-14T11:00:00Z', '2 weeks ago'],
  ['2025-11-01T00:00:00Z', '3 months ago'],
  ['2021-02-01T00:00:00Z', '5 years ago'],
  ['2026-03-01T14:00:01Z', 'in 2 hours'],
])('%s is %s', (iso, words) => {
  const now = (): number => Date.UTC(2026, 2, 1, 12);
  expect(moment(iso, { isTTY: true, now })).toBe(words);
  expect(moment(iso, { isTTY: false, now })).toBe(iso);
});

test.each([
  [{ TERM_PROGRAM: 'iTerm.app' }, true],
  [{ TERM_PROGRAM: 'Apple_Terminal' }, false],
  [{ VTE_VERSION: '7200' }, true],
  [{ VTE_VERSION: '4602' }, false],
  [{ WT_SESSION: 'x' }, true],
  [{ TERM: 'xterm-kitty' }, true],
  [{ TERM: 'xterm-kitty', TMUX: '/tmp/x' }, false],
  [{ FORCE_HYPERLINK: '1' }, true],
  [{ FORCE_HYPERLINK: '0', WT_SESSION: 'x' }, false],
  [{}, false],
])('links in a terminal of %j: %s', (env, shown) => {
  expect(showsHyperlinks({ env, isTTY: true })).toBe(shown);
});
