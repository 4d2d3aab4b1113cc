import { importInto, type Told } from './fast-import.js';
import type { Repository, Sandbox } from './repo.js';

const ANN = 'Ann Lee <ann@example.com>';
const BO = 'Bo Strand <bo@example.com>';
const MAYA = 'مايا حداد <maya@example.com>';

/** A link as a version of churn has it. */
const churn = (commit: string, rmse: number, auc: number, trees: number): string => `reg: 1
source:
  repo: https://github.com/mycompany/research
  rev: main
  commit: ${commit.repeat(40)}
  path: models/churn.safetensors
sha256: ${commit.repeat(64)}
size: ${1_234_567 + trees * 1000}
type: model
description: Which customers are about to leave
labels: {team: retention, tier: gold}
params: {trees: ${trees}, depth: 6}
metrics: {rmse: ${rmse}, auc: ${auc}}
interface:
  inputs: {features: {dtype: F32, shape: [batch, 24]}}
  outputs: {score: {dtype: F32, shape: [batch, 1]}}
`;

const CARD = `---
license: mit
---
# Churn

Predicts **who leaves** within 90 days. See [the data sheet](data.md) and <https://example.com/churn>.

| slice | auc |
| ----- | --- |
| all   | 0.9 |
| new   | 0.8 |

- trained on *12 months*
- not for customers under 18

\`\`\`python
model.predict(features)
\`\`\`
`;

const link = (path: string): string => `source: {path: ${path}, rev: main}\n`;
const assign = (version: string, said: string): string => `${said}\n\nReg-Version: ${version}\n`;

const STORY: readonly Told[] = [
  {
    day: '2026-02-02',
    files: {
      '.reg.yaml': 'stages: [dev, staging, prod]\nmetrics: {rmse: {max: 0.6}, auc: {min: 0.7}}\n',
      'models/churn.model.yaml': churn('a', 0.48, 0.81, 100),
      'models/README.md': CARD,
      'fraud.model.yaml': link('fraud.onnx'),
      'old-scores.model.yaml': link('old.onnx'),
      'pricing.model.yaml': link('pricing.onnx'),
      'fraud.onnx': 'x',
    },
  },
  { tag: 'models=churn@v1.0.0', day: '2026-02-02', said: 'First model\n\nTrained on a year of data.' },
  { tag: 'models=churn#dev#1', day: '2026-02-03', said: assign('v1.0.0', 'Try it') },
  { tag: 'models=churn#staging#2', day: '2026-02-10', who: BO, said: assign('v1.0.0', 'Looks right') },
  { tag: 'models=churn#prod#3', day: '2026-02-20', who: BO, said: assign('v1.0.0', 'First in production') },
  { tag: 'fraud@v0.1.0', day: '2026-03-01', who: MAYA, said: 'مرحبا' },
  { tag: 'fraud#prod#1', day: '2026-03-04', who: MAYA, said: assign('v0.1.0', 'Go') },
  { tag: 'old-scores@v3.0.0', day: '2026-01-15' },
  { tag: 'old-scores#prod#1', day: '2026-01-16', said: assign('v3.0.0', 'Go') },
  { tag: 'old-scores@deprecated', day: '2026-06-30', who: BO, said: 'Replaced by churn' },
  { day: '2026-05-04', files: { 'models/churn.model.yaml': churn('b', 0.44, 0.84, 150) } },
  { tag: 'models=churn@v1.1.0', day: '2026-05-04', said: 'Retrained in May' },
  { tag: 'models=churn#dev#4', day: '2026-05-05', said: assign('v1.1.0', 'Try it') },
  { tag: 'models=churn#staging#5', day: '2026-05-20', who: BO, said: assign('v1.1.0', 'Load test passed') },
  { tag: 'models=churn#prod#6', day: '2026-06-08', who: BO, said: assign('v1.1.0', 'Two weeks in staging') },
  { day: '2026-07-15', files: { 'models/churn.model.yaml': churn('c', 0.46, 0.83, 400) } },
  { tag: 'models=churn@v2.0.0-rc.1', day: '2026-07-15', who: MAYA, said: 'Deeper trees' },
  { tag: 'models=churn#dev#7', day: '2026-07-16', who: MAYA, said: assign('v2.0.0-rc.1', 'Try it') },
  { day: '2026-08-20', files: { 'models/churn.model.yaml': churn('d', 0.39, 0.88, 300) } },
  // a commit that was assigned before it had a version, which then is taken back
  { tag: 'fraud#staging#2', day: '2026-08-20T10:00:00Z', who: MAYA, said: 'Try it before it is registered' },
  { tag: 'fraud@v0.2.0-rc.1', day: '2026-08-25', who: MAYA, said: 'Now it is one' },
  { tag: 'fraud@v0.2.0-rc.1!', day: '2026-08-28', who: MAYA, said: 'Not good enough' },
  { tag: 'models=churn@v2.0.0', day: '2026-08-20', who: MAYA, said: 'Regularised' },
  { tag: 'models=churn#staging#8', day: '2026-08-21', who: MAYA, said: assign('v2.0.0', 'Ready to try') },
  { tag: 'models=churn#prod#9', day: '2026-09-01T14:05:00Z', who: MAYA, said: assign('v2.0.0', 'Release') },
  {
    tag: 'models=churn#prod#10',
    day: '2026-09-14',
    who: BO,
    from: 2,
    said: assign('v1.1.0', 'Rolled back: v2.0.0 is slow'),
  },
  { day: '2026-10-12', files: { 'models/churn.model.yaml': churn('e', 0.37, 0.9, 220) } },
  { tag: 'models=churn@v2.1.0', day: '2026-10-12', said: 'Half the trees, same quality' },
  { tag: 'models=churn#dev#11', day: '2026-10-13', said: assign('v2.1.0', 'Try it') },
  { tag: 'models=churn#prod!#12', day: '2026-10-20', who: BO, from: 1, said: assign('v1.0.0', 'Clean up') },
];

/** Makes a registry with half a year behind it, whose remote is on a host that is known. */
export function siteRegistry(box: Sandbox, name = 'model-registry'): Repository {
  const repository = box.repository(name);
  importInto(box, repository, STORY);
  repository.git('remote', 'add', 'origin', 'https://github.com/mycompany/model-registry.git');
  return repository;
}

export { ANN, BO, MAYA };
