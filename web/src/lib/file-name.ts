// Names for files that are downloaded: what a run is called may hold characters that files can't.

export const fileName = (...parts: ReadonlyArray<string | number | null | undefined>): string =>
  parts
    .filter((part) => part !== null && part !== undefined && part !== '')
    .join('-')
    .replace(/[^\w.-]+/g, '_');
