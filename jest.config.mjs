/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['tsquic-src', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: [
    '<rootDir>/packages/*/{src,test}/**/*.test.ts',
    '<rootDir>/tools/**/*.test.ts',
    '<rootDir>/docs/**/*.test.ts',
    '<rootDir>/interop/**/*.test.ts',
    '<rootDir>/browsers/**/*.test.ts',
    '<rootDir>/benchmarks/**/*.test.ts',
    '<rootDir>/deploy/**/*.test.ts',
  ],
  modulePathIgnorePatterns: [
    '<rootDir>/packages/.*/dist/',
    '<rootDir>/interop/.peers/',
    '<rootDir>/browsers/.run/',
  ],
  maxWorkers: 2,
  // Modules of files that ran stay in memory; tests that measure memory collect garbage often, which a full heap makes slow.
  workerIdleMemoryLimit: '400MB',
  // Tests wait for what they wait for: only one that hangs meets this, however busy the machine is.
  testTimeout: 600_000,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  reporters: ['default', '<rootDir>/tools/summary-reporter.mjs'],
};
