import type { QuicConnection } from 'tsquic';
import { until } from './waiting.ts';

/** New keys as soon as they are allowed. RFC 9001 §6.1 */
export async function beginKeyUpdate(connection: QuicConnection): Promise<void> {
  await connection.ready;
  await until('leave for new keys', () => connection.updateKeys());
  await until('a key update', () => connection.statistics().keyUpdates > 0);
}
