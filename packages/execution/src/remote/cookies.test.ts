import { expect, it } from 'vitest';
import { Cookies } from './cookies.js';

it('keeps what a server sets, in order, without the attributes', () => {
  const cookies = new Cookies();
  expect(cookies.header).toBeUndefined();
  cookies.take([
    '_xsrf=2|a=b; expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/',
    'user="x y"; HttpOnly; Path=/',
  ]);
  expect(cookies.header).toBe('_xsrf=2|a=b; user="x y"');
  expect(cookies.get('_xsrf')).toBe('2|a=b');
});

it.each(['a=; Max-Age=0', 'a=x; expires=Thu, 01 Jan 1970 00:00:00 GMT'])(
  'forgets a cookie that the server takes back: %s',
  (line) => {
    const cookies = new Cookies();
    cookies.take(['a=1', 'b=2']);
    cookies.take([line]);
    expect(cookies.header).toBe('b=2');
  },
);

it('passes over what is no cookie', () => {
  const cookies = new Cookies();
  cookies.take(['', 'nonsense', '=x']);
  expect(cookies.header).toBeUndefined();
});
