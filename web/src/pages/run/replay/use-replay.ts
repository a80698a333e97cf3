// Looks at earlier moments of the run: one of them, or one after the other as fast as is wanted.
//
// The model holds the moment; the address follows when it comes to rest.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useRunAddress } from '../address';
import { useModel, useRun } from '../model/use-run';
import { type Playing, seqAt } from './player';

export interface Replay {
  readonly isPlaying: boolean;
  readonly speed: number;
  readonly setSpeed: (speed: number) => void;
  readonly play: () => void;
  readonly pause: () => void;
  /** Goes to a moment; the newest is where live goes on. */
  readonly goTo: (seq: number) => void;
  readonly goLive: () => void;
}

/** Browsers refuse an address that changes all the time. */
const ADDRESS_EVERY_MS = 300;

export function useReplay(): Replay {
  const model = useModel();
  const [{ atSeq }, change] = useRunAddress();
  const [speed, setSpeedState] = useState(1);
  const [isPlaying, setPlaying] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const written = useRef(atSeq);
  const isLoaded = useRun(
    (view, { history }) => atSeq === undefined || history().headSeq >= Math.min(atSeq, view.headSeq),
  );

  const write = useCallback(
    (seq: number | undefined) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        written.current = seq;
        change({ atSeq: seq });
      }, ADDRESS_EVERY_MS);
    },
    [change],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  // The address was changed by hand or by the way back.
  useEffect(() => {
    if (!isLoaded || (atSeq === written.current && (atSeq === undefined || model.view().isPast))) return;
    written.current = atSeq;
    model.lookAt(atSeq);
  }, [model, atSeq, isLoaded]);

  const goLive = useCallback(() => {
    setPlaying(false);
    model.lookAt(undefined);
    write(undefined);
  }, [model, write]);

  const goTo = useCallback(
    (seq: number) => {
      const { firstSeq } = model.history();
      const { headSeq } = model.view();
      if (seq >= headSeq) return goLive();
      const moment = Math.max(firstSeq, seq);
      setPlaying(false);
      model.lookAt(moment);
      write(moment);
    },
    [model, write, goLive],
  );

  const play = useCallback(() => {
    const view = model.view();
    // At the end there is nothing left to play: begin anew.
    if (!view.isPast) model.lookAt(model.history().firstSeq);
    setPlaying(true);
  }, [model]);

  const pause = useCallback(() => {
    setPlaying(false);
    const view = model.view();
    write(view.isPast ? view.seq : undefined);
  }, [model, write]);

  useEffect(() => {
    if (!isPlaying) return;
    const at = (seq: number) => Date.parse(model.history().at(seq)?.recordedAt ?? '');
    const playing: Playing = { moment: at(model.view().seq), since: performance.now(), speed };
    let request = requestAnimationFrame(function step() {
      const { headSeq } = model.history();
      const seq = seqAt({ headSeq, at }, model.view().seq, playing, performance.now());
      if (seq >= headSeq) return goLive();
      model.lookAt(seq);
      request = requestAnimationFrame(step);
    });
    return () => cancelAnimationFrame(request);
  }, [model, isPlaying, speed, goLive]);

  return { isPlaying, speed, setSpeed: setSpeedState, play, pause, goTo, goLive };
}
