import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { openUrlRepository } from '../../src/git/open-with-git.js';
import { sandbox } from '../support/repo.js';
import { readTags } from '../support/tags.js';

const box = sandbox();
let server: Server;
let url: string;
beforeAll(async () => {
  const made = box.repository('made');
  made.commit({ 'model.bin': 'one' });
  made.tag('churn@v1.0.0');
  made.commit({ 'model.bin': 'two' });
  made.tag('churn#prod#1');
  made.git('clone', '--quiet', '--bare', '.', join(box.root, 'served.git'));
  const served = box.at('served.git');
  served.git('repack', '-adq');
  // what such a server has instead of a program that answers (git-update-server-info(1))
  served.git('update-server-info');
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://any').pathname;
    readFile(join(box.root, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/served.git`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test('a web server of plain files, which knows neither depth nor filter, is read all the same', async () => {
  const repository = openUrlRepository(url, join(box.root, 'cache'), box);
  const head = box.at('served.git').git('rev-parse', 'main');
  expect(await readTags(repository, artifactName('churn'))).toMatchObject([
    { tag: { name: 'churn#prod#1', commit: head } },
    { tag: { name: 'churn@v1.0.0' } },
  ]);
  expect(await readTags(repository)).toHaveLength(2);
  expect(await repository.objects.commit('HEAD')).toBe(head);
  const entry = await repository.objects.entry(head, 'model.bin');
  expect(Buffer.from(await repository.objects.blob(entry?.oid ?? '')).toString()).toBe('two');
});
