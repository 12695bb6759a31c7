import type { QuicConnection } from '@tsquic/quic-core';
import { checkAgainstRemembered, type Settings } from './settings.ts';

/** What the peer said in its SETTINGS, or in those of an earlier connection while early data is sent by them. RFC 9114 §7.2.4.2 */
export class PeerSettings {
  /** Whether SETTINGS have come. */
  hasCome = false;
  private readonly connection: Pick<QuicConnection, 'earlyData'>;
  private readonly remembered: Settings | undefined;
  private said: Settings = new Map();

  constructor(connection: Pick<QuicConnection, 'earlyData'>, remembered: Settings | undefined) {
    this.connection = connection;
    this.remembered = remembered;
  }

  /** Those that apply now: none where none are known. */
  get current(): Settings {
    const isEarly = ['offered', 'accepted'].includes(this.connection.earlyData);
    return this.hasCome || !isEarly ? this.said : (this.remembered ?? this.said);
  }

  /** SETTINGS came. Throws H3_SETTINGS_ERROR where they take back what accepted early data was sent by. */
  take(settings: Settings): void {
    if (this.remembered !== undefined && this.connection.earlyData === 'accepted')
      checkAgainstRemembered(settings, this.remembered);
    this.said = settings;
    this.hasCome = true;
  }
}
