import type { TlsClientOptions } from '../config.ts';
import type { Output } from '../output.ts';
import type { Settings } from '../settings.ts';
import type { Transcript } from '../transcript.ts';

/** What all states of a client share. */
export interface ClientContext {
  readonly options: TlsClientOptions;
  readonly settings: Settings;
  readonly output: Output;
  readonly transcript: Transcript;
}
