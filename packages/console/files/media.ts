/** Pictures every browser shows and none of which can run anything. */
const imageTypes: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
};

/** Larger ones are not fetched unasked. */
export const shownImageBytes = 20 * 1024 * 1024;

/** By its name, whatever the file claims to be; null: no picture that is shown. */
export const imageTypeOf = (name: string): string | null =>
  imageTypes[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? null;

export const isImage = (name: string): boolean => imageTypeOf(name) !== null;

export const isMarkdown = (name: string): boolean => /\.(md|markdown)$/i.test(name);
