import { describeDriver } from '../conformance/suite.ts';

describeDriver({
  module: new URL('./driver.ts', import.meta.url).href,
  factory: 'createSandboxDriver',
  isolates: true,
});
