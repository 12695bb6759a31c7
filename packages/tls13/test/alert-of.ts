import { caught } from '@tsquic/testing';
import { TlsAlert } from '../src/index.ts';

/** The alert that a call throws, or undefined where it throws nothing; other errors are thrown on. */
export function alertOf(call: () => unknown): number | undefined {
  const error = caught(call);
  if (error === undefined) return undefined;
  if (error instanceof TlsAlert) return error.alert;
  throw error;
}
