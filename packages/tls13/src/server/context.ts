import type { TlsServerOptions } from '../config.ts';
import type { Output } from '../output.ts';
import type { Settings } from '../settings.ts';
import type { Transcript } from '../transcript.ts';

/** What all states of a server share. */
export interface ServerContext {
  readonly options: TlsServerOptions;
  readonly settings: Settings;
  readonly output: Output;
  readonly transcript: Transcript;
}
