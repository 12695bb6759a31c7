import { describe, expect, test } from '@jest/globals';
import { MemoryStream } from '../test/memory-stream.ts';
import { RequestLine } from './request-line.ts';

describe('a request', () => {
  test.each([
    ['GET /file\r\n', '/file'],
    ['GET /file\n', '/file'],
    ['GET /', '/'],
    ['GET /a%20b?c\r\nHost: ignored\r\n', '/a%20b?c'],
    ['', 400],
    ['\r\n', 400],
    ['POST /file\r\n', 400],
    ['GET file\r\n', 400],
    ['GET /a b\r\n', 400],
    ['GET /file HTTP/1.1\r\n', 400],
    ['GET /\u0000\r\n', 400],
    ['get /file\r\n', 400],
  ])('%j asks for %j', (text, path) => {
    const stream = new MemoryStream();
    stream.arrive(text, true);
    expect(new RequestLine(stream).read()).toBe(path);
  });

  test('may arrive byte by byte, and is answered at the end of its line', () => {
    const stream = new MemoryStream();
    const request = new RequestLine(stream);
    for (const byte of 'GET /x\r') {
      stream.arrive(byte);
      expect(request.read()).toBeUndefined();
    }
    stream.arrive('\n');
    expect(request.read()).toBe('/x');
  });

  test('has a limit', () => {
    const stream = new MemoryStream();
    stream.arrive(`GET /${'a'.repeat(10_000)}`);
    expect(new RequestLine(stream).read()).toBe(414);
  });
});
