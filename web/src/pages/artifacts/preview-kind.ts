// What can be shown of an artifact. What it says of itself is not believed any further than text and raster pictures go.

/** Raster pictures only: an SVG is a document, and is shown as its text. */
const PICTURE = /^image\/(png|jpeg|gif|webp|avif|bmp)$/;
const TEXT =
  /^(text\/|image\/svg\+xml|application\/(json|xml|yaml|x-yaml|toml|x-ndjson|javascript|sql)|.*\+(json|xml)$)/;
const TEXT_NAME =
  /\.(txt|log|md|json|ndjson|ya?ml|toml|csv|tsv|xml|html?|svg|css|js|ts|py|rs|go|sh|sql|diff|patch)$/i;
/** The server shows no larger ones. */
const PICTURE_BYTES = 10 * 1024 * 1024;

type Shown = { name: string; mediaType: string | null; bytes: number };

export function previewKind({ name, mediaType, bytes }: Shown): 'picture' | 'text' | 'none' {
  const type = (mediaType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (PICTURE.test(type)) return bytes <= PICTURE_BYTES ? 'picture' : 'none';
  if (TEXT.test(type)) return 'text';
  const isUnsaid = type === '' || type === 'application/octet-stream';
  return isUnsaid && TEXT_NAME.test(name) ? 'text' : 'none';
}
