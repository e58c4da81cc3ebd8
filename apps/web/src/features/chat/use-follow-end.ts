import { type RefObject, type UIEvent, useCallback, useEffect, useRef, useState } from "react";

const nearPixels = 60;

/** Keeps a scrolling list at its end while it grows or is resized, until the reader scrolls up. */
export function useFollowEnd(scroller: RefObject<HTMLElement | null>): {
  readonly atEnd: boolean;
  readonly toEnd: () => void;
  readonly onScroll: (event: UIEvent) => void;
} {
  const [atEnd, setAtEnd] = useState(true);
  const lastTop = useRef(0);
  const toEnd = useCallback(
    () => scroller.current?.scrollTo({ top: scroller.current.scrollHeight }),
    [scroller],
  );
  useEffect(() => {
    const element = scroller.current;
    if (!atEnd || element === null) return;
    const observer = new ResizeObserver(toEnd);
    for (const one of [element, ...element.children]) observer.observe(one);
    return () => observer.disconnect();
  }, [atEnd, scroller, toEnd]);
  const onScroll = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: UIEvent): void => {
    const near = scrollHeight - scrollTop - clientHeight < nearPixels;
    // Only the reader scrolls up. An answer that grows faster than it is followed must not look like that.
    if (near || scrollTop < lastTop.current) setAtEnd(near);
    lastTop.current = scrollTop;
  };
  return { atEnd, toEnd, onScroll };
}
