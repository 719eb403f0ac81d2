import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { describeDirectoryDriver } from '../testing/driver-conformance.ts';
import { feishuApp, startFakeFeishu } from './fake-feishu.ts';
import { createFeishuDriver } from './feishu-driver.ts';

describeDirectoryDriver({
  vendor: 'Feishu',
  start: startFakeFeishu,
  create: createFeishuDriver,
  app: feishuApp,
  departmentIds: ['od-1', 'od-2'],
});

test('an answer that is no JSON is not taken for Feishu', async () => {
  const server = createServer((_, response) => void response.end('<html>a proxy</html>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const driver = createFeishuDriver({ baseUrl: `http://127.0.0.1:${port}`, ...feishuApp });
  await expect(driver.check(new AbortController().signal)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/is not Feishu/u),
  });
  server.close();
});
