import { expect, test } from 'vitest';
import { remarksOn } from './remarks.js';

const fence = (language: string, code = 'x') => `\`\`\`${language}\n${code}\n\`\`\`\n`;

test.each<readonly [answer: string, hasRun: boolean, remarks: readonly string[]]>([
  ['', false, ['the answer is empty; nothing was run.']],
  ['Four.\n', false, ['the answer has no code; nothing was run.']],
  [fence('text'), false, ['the answer has no code; nothing was run.']],
  [fence('JavaScript'), false, ['the answer has code in javascript and none in Python; nothing was run.']],
  [
    fence('r') + fence('julia'),
    false,
    ['the answer has code in r and julia and none in Python; nothing was run.'],
  ],
  [fence('python'), true, []],
  [`${fence('python')}It shows:\n\n${fence('text', '1')}`, true, []],
  [
    `${fence('bash')}Then:\n\n${fence('python')}Or:\n\n${fence('py')}`,
    true,
    [
      'the answer has 2 blocks of Python; they ran as one program, in their order.',
      'the answer also has code in bash, which was not run.',
    ],
  ],
  [fence('python', 'text = """\n~~~ruby\n"""'), true, []],
])('remarks on %j', (answer, hasRun, remarks) => {
  expect(remarksOn(answer, hasRun)).toEqual(remarks);
});
