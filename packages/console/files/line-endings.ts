/** A text area knows one line break only; what a file had is put back when it is saved. */

const windows = /\r\n/g;

export const forEditor = (text: string): string => text.replace(/\r\n?/g, '\n');

/** As the file had them: where most lines ended in CR LF, all do. */
export function asBefore(edited: string, before: string): string {
  const breaks = before.match(/\n/g)?.length ?? 0;
  const windowsBreaks = before.match(windows)?.length ?? 0;
  return windowsBreaks > breaks / 2 ? edited.replace(/\n/g, '\r\n') : edited;
}
