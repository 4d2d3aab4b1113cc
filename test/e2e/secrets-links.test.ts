import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { guardedReg, LOGIN, secretsOf } from '../support/canary.js';
import { sandbox } from '../support/repo.js';
import { publishHistory } from '../support/served.js';
import { type HttpServer, serveHttp } from '../support/servers.js';
import { pairs } from '../support/soak.js';

const box = sandbox();
const models = box.repository('models');
models.commit();
const reg = guardedReg(box, models.dir, secretsOf(LOGIN));
let server: HttpServer;
let source: string;
beforeAll(async () => {
  server = await serveHttp(box, { login: LOGIN });
  source = publishHistory(box, server, 'source', LOGIN).url;
});
afterAll(() => server.close());

test('a login is put into no link', async () => {
  for (const how of ['-v', '--json'])
    expect((await reg('link', 'model.bin', 'mine', '--source', source, '--rev', 'main', how)).code).toBe(1);
  expect(models.git('status', '--short')).toBe('');
});

describe('a login in a link is never printed', () => {
  beforeAll(() => {
    models.commit({ 'mine.model.yaml': `source: {repo: '${source}', rev: main, path: model.bin}\n` });
  });
  const commands = [
    ...['validate', 'doctor', 'describe mine', 'load mine -o model.bin', 'load mine -o - -v'],
    ...['register mine', 'show mine', 'describe mine@v0.0.1', 'history mine'],
  ];
  test.each(pairs(commands, ['', ' --json']))('%s%s', async (command, how) => {
    expect([0, 1]).toContain((await reg(...`${command}${how}`.split(' '))).code);
  });
});
