import { expect, test } from 'vitest';
import { distributionName } from './packages.js';

test.each([
  ['ipykernel', 'ipykernel'],
  ['ipykernel>=6.29,<8', 'ipykernel'],
  ['ipykernel == 6.29.*', 'ipykernel'],
  ['jupyter_server>=2', 'jupyter_server'],
  ['scikit-learn', 'scikit-learn'],
  ['zope.interface!=1', 'zope.interface'],
  ['httpx[http2]>=0.27', 'httpx'],
])('%s names %s', (requirement, name) => {
  expect(distributionName(requirement)).toBe(name);
});
