/** Unix time in milliseconds of a date and time in UTC; undefined for one that does not exist. */
export function unixTimeMsOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  const exists =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysOf(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!exists) return undefined;
  return (((daysSinceEpoch(year, month) + day - 1) * 24 + hour) * 60 + minute) * 60_000 + second * 1000;
}

/** A time as text for messages: '2027-01-01 00:00:00 UTC'. */
export function describeTime(unixTimeMs: number): string {
  const seconds = Math.floor(unixTimeMs / 1000);
  if (!(Math.abs(seconds) < FARTHEST_SECONDS)) return 'no time of a calendar';
  const days = Math.floor(seconds / 86_400);
  let year = Math.floor(1970 + days / 365.2425);
  if (daysSinceEpoch(year, 1) > days) year--;
  if (daysSinceEpoch(year + 1, 1) <= days) year++;
  let month = 12;
  while (daysSinceEpoch(year, month) > days) month--;
  const clock = seconds - days * 86_400;
  const parts = [Math.floor(clock / 3600), Math.floor(clock / 60) % 60, clock % 60].map(twoDigits);
  const date = [month, days - daysSinceEpoch(year, month) + 1].map(twoDigits);
  return `${year}-${date.join('-')} ${parts.join(':')} UTC`;
}

/** Days from 1970-01-01 to the first of a month. */
function daysSinceEpoch(year: number, month: number): number {
  const before = year - 1;
  const leaps =
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - LEAPS_BEFORE_1970;
  let days = (year - 1970) * 365 + leaps;
  for (let earlier = 1; earlier < month; earlier++) days += daysOf(year, earlier);
  return days;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function twoDigits(value: number): string {
  return `${value}`.padStart(2, '0');
}

/** Number of leap years from 1 to 1969. */
const LEAPS_BEFORE_1970 = 477;
/** About 10,000 years. */
const FARTHEST_SECONDS = 3e11;
