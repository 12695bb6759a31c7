import type { Settings } from '@tsquic/http3';
import { LimitSetting, settingOf, WebTransportSetting } from './setting-id.ts';

/** A draft of WebTransport over HTTP/3 that this library speaks; '15' stands for all newer ones, too. */
export type Dialect = '02' | '07' | '13' | '15';

/** All of them, best first. */
export const DIALECTS: readonly Dialect[] = ['15', '13', '07', '02'];

const SETTING: Readonly<Record<Dialect, number>> = {
  '02': WebTransportSetting.Draft02,
  '07': WebTransportSetting.Draft07,
  '13': WebTransportSetting.Draft13,
  '15': WebTransportSetting.Draft15,
};

/** What one side allows the other in a session from its beginning. draft-ietf-webtrans-http3 §5.5 */
export interface InitialLimits {
  /** Bytes of all streams. */
  readonly data: number;
  readonly uni: number;
  readonly bidi: number;
}

/** The settings of one side that speaks these dialects. */
export function dialectSettings(dialects: readonly Dialect[], limits: InitialLimits): Map<number, number> {
  // Of drafts 07 and 13 the value is a number of sessions. Safari 26 gives up before CONNECT for more than one.
  const settings = new Map(DIALECTS.filter((one) => dialects.includes(one)).map((one) => [SETTING[one], 1]));
  if (dialects.some(hasFlowControl)) {
    settings.set(LimitSetting.MaxData, limits.data);
    settings.set(LimitSetting.MaxStreamsUni, limits.uni);
    settings.set(LimitSetting.MaxStreamsBidi, limits.bidi);
  }
  return settings;
}

/** Whether sessions of this dialect can have flow control of their own. */
export function hasFlowControl(dialect: Dialect): boolean {
  return dialect === '13' || dialect === '15';
}

/** The dialects that the peer's settings announce, best first. Firefox announces draft 02 with 0 on ordinary connections. */
export function announcedDialects(settings: Settings): Dialect[] {
  return DIALECTS.filter((dialect) => {
    const value = settingOf(settings, SETTING[dialect]);
    return dialect === '15' || dialect === '02' ? value === 1 : value > 0;
  });
}

/** The name of a dialect's setting with its number, as programs print it. */
export function settingNameOf(dialect: Dialect): string {
  return `0x${SETTING[dialect].toString(16)} (draft ${dialect})`;
}

/** The limits that the peer's settings announce, 0 where there are none. */
export function announcedLimits(settings: Settings): InitialLimits {
  return {
    data: settingOf(settings, LimitSetting.MaxData),
    uni: settingOf(settings, LimitSetting.MaxStreamsUni),
    bidi: settingOf(settings, LimitSetting.MaxStreamsBidi),
  };
}

/** Whether an end that announces these limits wants flow control. draft-ietf-webtrans-http3 §5.1 */
export function wantsFlowControl({ data, uni, bidi }: InitialLimits): boolean {
  return data > 0 || uni > 0 || bidi > 0;
}

/** No limits: flow control is off. */
export const UNLIMITED: InitialLimits = { data: Infinity, uni: Infinity, bidi: Infinity };

/** What stands in `:protocol` of the CONNECT request. draft-ietf-webtrans-http3 §3.2, §9.1 */
export function protocolOf(dialect: Dialect): string {
  return dialect === '15' ? 'webtransport-h3' : 'webtransport';
}
