// The output as a terminal would show it, for programs that paint: a headless terminal keeps the screen, this draws it.
//
// The terminal is loaded when it is first looked at. Its screen becomes text nodes in styled spans, nothing else.

import { Terminal } from '@xterm/headless';
import { useEffect, useRef, useState } from 'react';
import { useModel } from '../model/use-run';
import ansi from './ansi.module.css';
import type { LineFilter, LogLine } from './line';
import { type ScreenPiece, type ScreenRow, screenOf } from './screen';
import styles from './TerminalView.module.css';

/** What a screen can tell of: older output has scrolled away. */
const LINES_BACK = 3_000;
const COLUMNS = 120;
const ROWS = 40;
const SCROLLBACK = 2_000;

interface Props {
  readonly filter: Pick<LineFilter, 'nodeRef' | 'attempt' | 'stream'>;
  readonly end: number | undefined;
}

export default function TerminalView({ filter: { nodeRef, attempt, stream }, end }: Props) {
  const model = useModel();
  const [screen, setScreen] = useState<readonly ScreenRow[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const box = useRef<HTMLElement>(null);

  useEffect(() => {
    const terminal = new Terminal({
      cols: COLUMNS,
      rows: ROWS,
      scrollback: SCROLLBACK,
      allowProposedApi: true,
      convertEol: false,
    });
    const stop = new AbortController();
    let frame = 0;
    let through = 0;
    const draw = () => {
      frame = 0;
      setScreen(screenOf(terminal));
    };
    const write = (lines: readonly LogLine[]) => {
      const meant = lines.filter((line) => line.logSeq > through && fits(line, { nodeRef, attempt, stream }));
      if (meant.length === 0) return;
      through = meant.at(-1)?.logSeq ?? through;
      terminal.write(meant.map(({ text, eol }) => (eol === false ? text : `${text}\r\n`)).join(''), () => {
        frame ||= requestAnimationFrame(draw);
      });
    };
    const early: LogLine[] = [];
    let isReady = false;
    const leave =
      end === undefined
        ? model.onLines((lines) =>
            isReady ? write(lines as readonly LogLine[]) : void early.push(...(lines as readonly LogLine[])),
          )
        : () => {};
    const range = end === undefined ? { tail: LINES_BACK } : { before: end + 1, limit: LINES_BACK };
    model.fetchLines({ nodeRef, attempt, stream, ...range }, stop.signal).then(
      (page) => {
        write(page.lines);
        write(early);
        isReady = true;
        if (page.lines.length + early.length === 0) draw();
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setFailure(String(error));
      },
    );
    return () => {
      stop.abort();
      leave();
      cancelAnimationFrame(frame);
      terminal.dispose();
    };
  }, [model, nodeRef, attempt, stream, end]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new screen is shown from its end
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [screen]);

  if (failure) return <p role="alert">{failure}</p>;
  return (
    <section
      ref={box}
      className={`${styles.screen} ${ansi.text}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
      tabIndex={0}
      aria-label="Terminal"
    >
      <pre>
        {screen.map((row) => (
          <div key={row.key}>{row.pieces.length === 0 ? ' ' : row.pieces.map(Piece)}</div>
        ))}
      </pre>
    </section>
  );
}

const Piece = ({ column, text, className, color, background }: ScreenPiece) => (
  <span key={column} className={className} style={color || background ? { color, background } : undefined}>
    {text}
  </span>
);

function fits(line: LogLine, { nodeRef, attempt, stream }: LineFilter): boolean {
  return (
    (nodeRef === undefined || line.nodeRef === nodeRef) &&
    (attempt === undefined || line.attempt === attempt) &&
    (stream === undefined || line.stream === stream)
  );
}
