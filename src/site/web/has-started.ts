import { useEffect, useState } from 'preact/hooks';

/** Whether scripts run: false on the server and in what a browser draws first, so that both draw the same. */
export function useHasStarted(): boolean {
  const [hasStarted, start] = useState(false);
  useEffect(() => start(true), []);
  return hasStarted;
}
