/**
 * Follows a running `reg ui`: gives the new page each time tags change. Text that a person typed stays. A hidden page does not
 * ask, because a browser has few connections to one server.
 * @param mark the state of the tags that the page shows
 */
export function followChanges(mark: string, draw: (page: Document) => void): void {
  const root = document.documentElement.dataset.root ?? '';
  let known = mark;
  let changes: EventSource | undefined;
  const take = async ({ data }: MessageEvent<string>): Promise<void> => {
    if (data === known) return;
    const answer = await fetch(location.href.replace(/#.*/, ''), { cache: 'no-store' }).catch(
      () => undefined,
    );
    if (!answer?.ok) return;
    known = data;
    draw(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  };
  const follow = (): void => {
    if (document.hidden) {
      changes?.close();
      changes = undefined;
    } else if (changes === undefined) {
      changes = new EventSource(`${root}changes`);
      changes.addEventListener('mark', take);
    }
  };
  document.addEventListener('visibilitychange', follow);
  follow();
}
