import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { artifactName } from '../../src/domain/names.js';
import { openRepository } from '../../src/git/open.js';
import { sandbox } from '../support/repo.js';
import { readTags } from '../support/tags.js';

const box = sandbox();
const large = randomBytes(300_000);
let server: Server;
let url: string;
beforeAll(async () => {
  const made = box.repository('made');
  made.commit({ 'model.bin': 'one', 'large/model.bin': large });
  made.tag('churn@v1.0.0');
  made.commit({ 'model.bin': 'two' });
  made.tag('churn#prod#1');
  for (const name of ['packed', 'loose'])
    made.git('clone', '--quiet', '--bare', '.', join(box.root, `${name}.git`));
  box.at('packed.git').git('repack', '-adq');
  // objects in their own files, but for one pack with what came first
  const loose = box.at('loose.git');
  made.commit({ 'model.bin': 'three' });
  made.tag('fraud@v1.0.0');
  made.git('-c', 'push.default=nothing', 'push', '--quiet', loose.dir, 'main', 'fraud@v1.0.0');
  // what such a server has instead of a program that answers (git-update-server-info(1))
  for (const one of [box.at('packed.git'), loose]) one.git('update-server-info');
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://any').pathname;
    readFile(join(box.root, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe.each(['git', 'embedded'])('a web server of plain files, REG_GIT=%s', (REG_GIT) => {
  const open = (name: string) =>
    openRepository(`${url}/${name}.git`, box.root, join(box.root, `cache-${REG_GIT}`), {
      env: { ...box.env, REG_GIT },
    });

  test.each(['packed', 'loose'])(
    '%s: it knows neither depth nor filter, and is read all the same',
    async (name) => {
      const repository = await open(name);
      const head = box.at(`${name}.git`).git('rev-parse', 'main');
      const old = box.at(`${name}.git`).git('rev-parse', 'churn@v1.0.0^{commit}');
      expect(
        (await readTags(repository, artifactName('churn'))).map((one) => 'tag' in one && one.tag.name),
      ).toEqual(['churn#prod#1', 'churn@v1.0.0']);
      expect(await readTags(repository)).toHaveLength(name === 'loose' ? 3 : 2);
      expect(await repository.objects.commit('HEAD')).toBe(head);
      const entry = await repository.objects.entry(head, 'model.bin');
      const text = name === 'loose' ? 'three' : 'two';
      expect(Buffer.from(await repository.objects.blob(entry?.oid ?? '')).toString()).toBe(text);
      const found = await repository.objects.entry(old, 'large/model.bin');
      expect((await buffer(await repository.objects.stream(found?.oid ?? ''))).equals(large)).toBe(true);
      expect(await repository.history.between(old, head, 10)).toHaveLength(name === 'loose' ? 2 : 1);
    },
  );

  test('nothing there is an error', async () => {
    await expect((await open('none')).tags.list('all')).rejects.toMatchObject({ code: 'REMOTE_FAILED' });
  });
});
