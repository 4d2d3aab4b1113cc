import type { Evidence, Relation } from '../../evidence/evidence.js';
import { cleanJson } from './clean.js';

/** The rows of a table that say what a version was made from and how it did. */
export function evidenceRows(evidence: Evidence): string[][] {
  const rows: string[][] = [];
  const add = (kind: string, name: string, text: string): void =>
    void rows.push([`${kind} ${name}`.trim(), text]);
  for (const { name, text, dataset, config, split, relation } of evidence.metrics) {
    const measured = [dataset, config, split].filter((one) => one !== null).join(' ');
    add('metric', name, `${text}${measured === '' ? '' : ` on ${measured}`}${behind(relation)}`);
  }
  for (const { name, text, relation } of evidence.params) add('param', name, `${text}${behind(relation)}`);
  for (const { name, role, digest, size, relation } of evidence.data)
    add(
      role === 'code' ? 'code' : 'data',
      name,
      parts(role === 'code' ? null : role, digest, bytesText(size)) + behind(relation),
    );
  for (const { stage, command, relation } of evidence.commands)
    add('command', stage ?? '', `${command}${behind(relation)}`);
  for (const { file, sha256 } of evidence.environment) add('environment', file, `sha256:${sha256}`);
  for (const { id, kind, template, title, relation } of evidence.plots)
    add('plot', id, parts(template ?? kind, title) + behind(relation));
  for (const { name, value } of evidence.about)
    add('', name, typeof value === 'string' ? value : cleanJson(value, true));
  if (evidence.signature !== null) add('signature', '', cleanJson(evidence.signature, true));
  if (evidence.run !== null)
    add('run', evidence.run.id, parts(evidence.run.by, evidence.run.started, evidence.run.command));
  for (const { file, kind, message } of evidence.notes) add(kind, file, message);
  return rows;
}

const bytesText = (size: number | null): string | null => (size === null ? null : `${size} bytes`);

const parts = (...texts: (string | null)[]): string => texts.filter((one) => one !== null).join(', ');

/** What is not of the model itself says so. */
const behind = (relation: Relation): string =>
  relation === 'made' || relation === 'top' ? '' : ` (${relation})`;
