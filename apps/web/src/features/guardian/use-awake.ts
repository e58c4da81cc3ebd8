import { type RefObject, useEffect, useReducer, useState } from "react";

/** An allowing button lives this long after what it allows could be seen. */
export const wakesAfterMs = 700;

export interface AwakeState {
  readonly focused: boolean;
  /** Since when it could be read and nothing else was going on; null before it was drawn. */
  readonly since: number | null;
}

export type AwakeEvent =
  /** It was drawn. */
  | { readonly type: "shown"; readonly at: number }
  | { readonly type: "focused"; readonly at: number }
  | { readonly type: "blurred" }
  /** A press beside the card: the hand is elsewhere, as with a double click on what closed just now. */
  | { readonly type: "pressed-elsewhere"; readonly at: number };

export function awakeReducer(state: AwakeState, event: AwakeEvent): AwakeState {
  switch (event.type) {
    case "shown":
      return { ...state, since: event.at };
    case "focused":
      return { focused: true, since: state.since === null ? null : event.at };
    case "blurred":
      return { ...state, focused: false };
    case "pressed-elsewhere":
      return { ...state, since: state.since === null ? null : event.at };
  }
}

export function isAwake({ focused, since }: AwakeState, now: number): boolean {
  return focused && since !== null && now - since >= wakesAfterMs;
}

/**
 * Whether the buttons that allow may be pressed. A click that was aimed at something else, or a key that was pressed
 * before the card came, must not allow anything. The card is made anew (by its `key`) for each request.
 */
export function useAwake(card: RefObject<HTMLElement | null>): {
  readonly awake: boolean;
  /** Asked at the press itself, as the picture may be older. */
  readonly isAwakeNow: () => boolean;
} {
  const [state, dispatch] = useReducer(awakeReducer, null, () => ({
    focused: document.hasFocus(),
    since: null,
  }));
  const [woken, setWoken] = useState<AwakeState | null>(null);
  useEffect(() => {
    // What is not drawn yet, or in a tab behind others, cannot be read.
    const frame = requestAnimationFrame(() => dispatch({ type: "shown", at: performance.now() }));
    const focused = (): void => dispatch({ type: "focused", at: performance.now() });
    const blurred = (): void => dispatch({ type: "blurred" });
    const seen = (): void => (document.hidden ? blurred() : document.hasFocus() ? focused() : undefined);
    const pressed = ({ target }: PointerEvent): void => {
      if (target instanceof Node && card.current?.contains(target) === true) return;
      dispatch({ type: "pressed-elsewhere", at: performance.now() });
    };
    window.addEventListener("focus", focused);
    window.addEventListener("blur", blurred);
    document.addEventListener("visibilitychange", seen);
    document.addEventListener("pointerdown", pressed, true);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("focus", focused);
      window.removeEventListener("blur", blurred);
      document.removeEventListener("visibilitychange", seen);
      document.removeEventListener("pointerdown", pressed, true);
    };
  }, [card]);
  useEffect(() => {
    if (!state.focused || state.since === null) return;
    const timer = setTimeout(() => setWoken(state), state.since + wakesAfterMs - performance.now());
    return () => clearTimeout(timer);
  }, [state]);
  return { awake: woken === state, isAwakeNow: () => isAwake(state, performance.now()) };
}
