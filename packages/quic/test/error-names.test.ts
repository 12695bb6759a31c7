import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { minify, transformSync } from '@swc/core';

/** Every class of errors in every package: the file, the class, and arguments to make one with. */
const CLASSES: readonly (readonly [file: string, name: string, args: string])[] = [
  ['quic/src/errors.ts', 'QuicError', "'ERR_QUIC_CLOSED', 'x'"],
  ['quic/src/errors.ts', 'QuicTransportError', "'x', { errorCode: 1, frameType: 0, remote: true }"],
  ['quic/src/errors.ts', 'TlsAlertError', "'x', { errorCode: 1, frameType: 0, remote: true, alert: 1 }"],
  ['quic/src/errors.ts', 'QuicApplicationError', "1, 'x', true"],
  ['quic/src/errors.ts', 'QuicStreamError', '1'],
  ['quic-core/src/errors/usage-error.ts', 'QuicUsageError', "'invalid-option', 'x'"],
  ['quic-core/src/errors/transport-error.ts', 'TransportError', "1, 0, 'x'"],
  ['tls13/src/alerts.ts', 'TlsAlert', "1, 'x'"],
  ['bytes/src/der.ts', 'DerError', "'x'"],
  ['cli/src/failure.ts', 'Failure', "'ERR', 'x'"],
];

test.each(CLASSES)('in %s, %s keeps its name when the program is minified', async (file, name, args) => {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const source = `${readFileSync(path, 'utf8')}\nexport const made = new ${name}(${args});`;
  const { code } = transformSync(source, { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } });
  // As a bundle: one scope without exports of its own, in which every class may be renamed.
  const alone = code
    .replaceAll(/^import .*$/gm, '')
    .replaceAll(/\bexport (?=class|function|const (?!made)|interface)/g, '');
  const minified = await minify(alone, { mangle: { toplevel: true }, compress: false, module: true });
  expect(minified.code).not.toContain(`class ${name}`);
  const module = (await import(`data:text/javascript,${encodeURIComponent(minified.code)}`)) as {
    made: Error;
  };
  expect(module.made.name).toBe(name);
  expect(String(module.made)).toMatch(new RegExp(`^${name}: `));
});
