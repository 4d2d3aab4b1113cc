import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** So many rows are drawn at once. */
export const ROWS = 60;

/**
 * How many rows of a long list are drawn: the first ones, and more as their end comes into view.
 * @param list what the list shows; another one begins at its first rows again
 * @returns that number, and the ref of the element behind the last row
 */
export function useDrawn(list: string, total: number): [number, RefObject<HTMLParagraphElement | null>] {
  const [drawn, draw] = useState({ list, count: ROWS });
  const end = useRef<HTMLParagraphElement>(null);
  const count = drawn.list === list ? drawn.count : ROWS;
  useEffect(() => {
    if (count >= total || end.current === null) return;
    const more = (): void => draw({ list, count: count + ROWS });
    // observed again after each step, for an end that stays in view
    const observer = new IntersectionObserver(
      (entries) => entries.some(({ isIntersecting }) => isIntersecting) && more(),
      { rootMargin: '800px' },
    );
    observer.observe(end.current);
    // paper has no view
    const all = (): void => draw({ list, count: total });
    addEventListener('beforeprint', all);
    return () => {
      observer.disconnect();
      removeEventListener('beforeprint', all);
    };
  }, [list, count, total]);
  return [count, end];
}
