/** Loading something for a component: the value, the failure in words, and a way to load again. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { explain } from "./messages";

export interface Loaded<T> {
  value: T | null;
  error: string;
  loading: boolean;
  reload: () => void;
}

/** Loads again whenever `deps` change. The former value stays until the new one is there. */
export function useLoad<T>(question: () => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState("");
  const [loading, setLoading] = useState(true);
  const turn = useRef(0);
  const reload = useCallback(() => {
    const mine = ++turn.current;
    setLoading(true);
    question().then(
      (answer) => {
        if (mine !== turn.current) return; // a newer question is under way
        setValue(answer);
        setError("");
        setLoading(false);
      },
      (failure: unknown) => {
        if (mine !== turn.current) return;
        setError(explain(failure));
        setLoading(false);
      },
    );
  }, deps as unknown[]);
  useEffect(() => {
    reload();
    return () => {
      turn.current += 1;
    };
  }, [reload]);
  return { value, error, loading, reload };
}
